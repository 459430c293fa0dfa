import { expect, test, vi } from "vitest";
import { closeAndReport, OutageReporter } from "../index.js";

test("reports a failure of close() to the logger, and does not throw it", async () => {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const reporter = new OutageReporter("client", logger);
  const failing = { close: () => Promise.reject(new Error("timed out")) };
  await closeAndReport(failing, reporter);
  expect(logger.error.mock.calls).toEqual([["timed out"]]);
  await closeAndReport({ close: () => Promise.resolve() }, reporter);
  expect(logger.error).toHaveBeenCalledOnce();
});

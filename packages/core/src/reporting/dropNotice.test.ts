import { afterEach, expect, test, vi } from "vitest";
import { dropNotice } from "./dropNotice.js";

const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});

afterEach(() => {
  emitWarning.mockClear();
});

function logger() {
  return { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
}

test("warns of the first drop only", () => {
  const notice = dropNotice({
    subject: "client a:1",
    logger: undefined,
    reason: "the queue was full",
  });
  notice(1);
  notice(2);
  expect(emitWarning.mock.calls.map(([text]) => text)).toEqual([
    "client a:1: dropped 1 envelope because the queue was full (pass onDropped or a logger to see all drops, or logger: null to disable this warning)",
  ]);
});

test.each([
  ["a logger", { logger: logger() }],
  ["null as the logger", { logger: null }],
  ["onDropped", { logger: undefined, onDropped: () => {} }],
])("does not warn with %s", (_, options) => {
  dropNotice({ subject: "client", ...options })(1);
  expect(emitWarning).not.toHaveBeenCalled();
});

test("does not warn of drops by a closed client", () => {
  let isClosed = true;
  const notice = dropNotice({ subject: "client", logger: undefined, isClosed: () => isClosed });
  notice(1);
  expect(emitWarning).not.toHaveBeenCalled();
  isClosed = false;
  notice(1);
  expect(emitWarning).toHaveBeenCalledOnce();
});

test("reports each drop to the logger and to onDropped, whose failures are logged", () => {
  const log = logger();
  const onDropped = vi.fn(() => {
    throw new Error("broken");
  });
  const notice = dropNotice({ subject: "client", logger: log, onDropped });
  notice(2);
  notice(1, "dropped a label");
  expect(log.warn.mock.calls).toEqual([["dropped 2 envelopes"], ["dropped a label"]]);
  expect(onDropped.mock.calls).toEqual([[2], [1]]);
  expect(log.error.mock.calls).toEqual([
    ["onDropped failed: Error: broken"],
    ["onDropped failed: Error: broken"],
  ]);
});

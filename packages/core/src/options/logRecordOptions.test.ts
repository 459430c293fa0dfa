import { expect, test } from "vitest";
import { type LogRecordOptions, logRecordSettings } from "../index.js";

test("fills in the defaults", () => {
  const { fieldTags, ...settings } = logRecordSettings({});
  const defaults = { sourceId: "", instanceId: "", sourceType: undefined, payload: "line" };
  expect(settings).toEqual(defaults);
  expect(fieldTags.isEmpty).toBe(true);
});

test.each([
  [{ sourceId: 1 }, "sourceId must be a string, got 1"],
  [{ sourceType: 1 }, "sourceType must be a string, got 1"],
  [{ tagFields: [""] }, 'tagFields[0] must be a non-empty string, got ""'],
  [{ payload: "all" }, 'payload must be "line" or "message", got "all"'],
])("rejects %o", (options, message) => {
  expect(() => logRecordSettings(options as unknown as LogRecordOptions)).toThrow(message);
});

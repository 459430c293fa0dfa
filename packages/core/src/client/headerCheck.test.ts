import { expect, test, vi } from "vitest";
import { type EnvelopeHeader, headerCheck } from "./headerCheck.js";

const subject = "client";
const safe: EnvelopeHeader = {
  sourceId: "app-1/web",
  origin: "my-service",
  instanceId: "0",
  tagNames: ["source_type", "odd-tag.x"],
};

test.each<[string, Partial<EnvelopeHeader>]>([
  ["sourceId", { sourceId: "my app" }],
  ["sourceId", { sourceId: "äpp" }],
  ["origin", { sourceId: "", origin: "My Service" }],
  ["instanceId", { instanceId: "a\nb" }],
  ["the name of a tag", { tagNames: ["fine", "not fine"] }],
  ["the name of a tag", { tagNames: ["a=b"] }],
  ["the name of a tag", { tagNames: ['a"b'] }],
  ["the name of a tag", { tagNames: ["a]b"] }],
])("rejects an unsafe %s: %j", (option, unsafe) => {
  const reject = headerCheck({ subject, unsafeHeaders: "reject", logger: null });
  expect(() => reject?.({ ...safe, ...unsafe })).toThrow(
    expect.objectContaining({ name: "RangeError", option }),
  );
});

test("warns once, and only about unsafe headers", () => {
  const warn = vi.fn();
  const logger = { debug() {}, info() {}, warn, error() {} };
  const check = headerCheck({ subject, unsafeHeaders: undefined, logger });
  check?.(safe);
  check?.({ ...safe, origin: "not used" });
  expect(warn).not.toHaveBeenCalled();
  check?.({ ...safe, sourceId: "my app" });
  check?.({ ...safe, sourceId: "my other app" });
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toContain(
    'sourceId must contain only characters that syslog can carry, got "my app"',
  );
  expect(headerCheck({ subject, unsafeHeaders: "allow", logger: null })).toBeUndefined();
  expect(() => headerCheck({ subject, unsafeHeaders: "no" as never, logger: null })).toThrow(
    "unsafeHeaders",
  );
});

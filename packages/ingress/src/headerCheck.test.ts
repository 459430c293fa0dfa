import { OptionRangeError } from "@loggregator/core";
import { expect, test, vi } from "vitest";
import { headerCheck } from "./headerCheck.js";
import { IngressClient } from "./index.js";

test.each<[string, string, string[]]>([
  ["my app", "0", []],
  ["app", "a\nb", []],
  ["äpp", "0", []],
  ["app", "0", ["fine", "not fine"]],
  ["app", "0", ["a=b"]],
  ["app", "0", ['a"b']],
  ["app", "0", ["a]b"]],
])("syslog cannot carry the ids %j and %j with the tags %j", (sourceId, instanceId, names) => {
  const reject = headerCheck("reject", null);
  expect(() => reject?.(sourceId, instanceId, names)).toThrow(OptionRangeError);
});

test("warns once, and only of such headers", () => {
  const warn = vi.fn();
  const check = headerCheck("warn", { debug() {}, info() {}, warn, error() {} });
  check?.("app-1/web", "0", ["source_type", "odd-tag.x"]);
  expect(warn).not.toHaveBeenCalled();
  check?.("my app", "0", []);
  check?.("my app", "1", []);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toContain(
    'sourceId must be of characters that syslog can carry, got "my app"',
  );
  expect(headerCheck("allow", null)).toBeUndefined();
});

test("emit… throws with unsafeHeaders: reject, and the client continues", async () => {
  const tls = () => Promise.reject(new Error("no connection is needed"));
  const client = new IngressClient({
    tls,
    unsafeHeaders: "reject",
    logger: null,
    closeTimeoutMs: 1,
  });
  for (let i = 0; i < 2; i++) {
    expect(() => client.emitLog("x", { sourceId: "my app" })).toThrow(OptionRangeError);
    expect(() => client.emitCounter("x", { tags: { "a b": "c" } })).toThrow("the name of a tag");
  }
  client.emitLog("x", { sourceId: "my-app" });
  expect(client.stats.queued).toBe(1);
  await client.close().catch(() => {});
  expect(() => new IngressClient({ tls, tags: { "a b": "c" }, unsafeHeaders: "reject" })).toThrow(
    "the name of a tag",
  );
});

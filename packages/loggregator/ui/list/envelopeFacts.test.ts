import { logEnvelope, timerEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { isError } from "./envelopeFacts.js";

test.each([
  ["a log of level error", logEnvelope("ERROR boom", { stream: "stdout" }), true],
  ["a coloured one", logEnvelope("\x1b[31mERROR\x1b[0m boom", { stream: "stdout" }), true],
  ["a log of level info on stderr", logEnvelope("\x1b[32mINFO\x1b[0m x"), false],
  ["a log without a level on stderr", logEnvelope("x"), true],
  ["a failed request", timerEnvelope("http", 0n, 1n, { tags: { status_code: "503" } }), true],
  ["another request", timerEnvelope("http", 0n, 1n, { tags: { status_code: "404" } }), false],
])("isError of %s is %s", (_, envelope, expected) => {
  expect(isError(envelope)).toBe(expected);
});

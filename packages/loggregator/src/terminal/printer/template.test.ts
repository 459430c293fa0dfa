import { logEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { UsageError } from "../../errors.js";
import { compileTemplate } from "./template.js";

const envelope = logEnvelope('{"level":"warn","msg":"a\\u001bb","req":{"id":7}}', {
  sourceId: "guid",
  instanceId: "2",
  sourceType: "APP",
  timestamp: 1_769_860_800_000_000_001n,
  tags: { app_name: "checkout", space_name: "prod", "a.b": "c" },
});

test.each([
  ["{iso} {source}", "2026-01-31T12:00:00.000000001Z checkout/2 (prod)"],
  ["{app:10}|{level}|{stream}|{type}", "checkout  |warn|stderr|log"],
  ["{name} {sourceId} {instance} {space} {org}", "APP guid 2 prod "],
  ["{tags.a.b} {tags.nope}", "c "],
  ["{fields.req.id} {fields.msg} {fields.nope}", "7 a\\x1bb "],
  ["{{{app}}}\\t\\n\\\\ \\x", "{checkout}\t\n\\ \\x"],
  ["no placeholder", "no placeholder"],
])("%j", (template, expected) => {
  expect(compileTemplate(template)(envelope)).toBe(expected);
});

test.each([
  ["utc", "12:00:00.000Z |"],
  ["none", "              |"],
] as const)("writes {time} as %s", (time, expected) => {
  expect(compileTemplate("{time:14}|", time)(envelope)).toBe(expected);
});

test.each([
  ["{sorce}", "unknown placeholder {sorce}; did you mean {source}?"],
  ["{}", "unknown placeholder {}; use time, iso,"],
  ["{tags.}", "unknown placeholder {tags.}; "],
  ["{text:x}", "unknown placeholder {text:x}"],
  ["{text", 'unmatched "{"'],
  ["text}", 'unmatched "}"'],
])("rejects %j", (template, message) => {
  expect(() => compileTemplate(template)).toThrow(UsageError);
  expect(() => compileTemplate(template)).toThrow(message);
});

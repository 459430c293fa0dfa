import { OptionRangeError, OptionTypeError } from "@loggregator/core";
import { expect, test } from "vitest";
import {
  counterEnvelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "../envelope/builders.js";
import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import { checkEnvelopes } from "./checkEnvelopes.js";
import { decodeEnvelopeBatch } from "./decodeEnvelopeBatch.js";
import { encodeEnvelopeBatch } from "./encodeEnvelopeBatch.js";

const envelopes: Envelope[] = [
  logEnvelope("a", { tags: { a: "b" } }),
  counterEnvelope("c", { total: 2n ** 64n - 1n }),
  gaugeEnvelope({ cpu: { value: Number.NaN } }),
  timerEnvelope("t", 1n, 2n),
  eventEnvelope("title", "body"),
  { ...logEnvelope("a"), message: undefined },
  {
    ...logEnvelope("a"),
    deprecatedTags: { a: { data: { $case: "integer", value: 1n } }, b: { data: undefined } },
  },
];

test("accepts built and decoded envelopes", () => {
  checkEnvelopes("envelopes", envelopes);
  checkEnvelopes("envelopes", decodeEnvelopeBatch(encodeEnvelopeBatch({ batch: envelopes })).batch);
});

test.each<[string, unknown]>([
  ["must be an object, got null", null],
  ["must be an object, got an array", []],
  [".timestamp must be a bigint (UNIX nanoseconds), got 5", { timestamp: 5 }],
  [
    ".timestamp must be UNIX nanoseconds in the range of an int64, got 18446744073709551616n",
    { timestamp: 2n ** 64n },
  ],
  [".sourceId must be a string, got undefined", { sourceId: undefined }],
  [".instanceId must be a string, got 0", { instanceId: 0 }],
  [".tags must be an object of strings, got undefined", { tags: undefined }],
  ['.tags["a"] must be a string, got 1', { tags: { a: 1 } }],
  ['.deprecatedTags["a"] must be an object, got "b"', { deprecatedTags: { a: "b" } }],
  [".message must be an object, got null", { message: null }],
  [".message.$case must be", { message: { $case: "trace" } }],
  [".log must be an object, got undefined", { message: { $case: "log" } }],
  [".log.payload must be a Uint8Array", message("log", { type: 0 })],
  [".log.type must be an integer of 32 bits", message("log", { payload: new Uint8Array() })],
  [".counter.total must be a bigint, got 1", message("counter", { name: "", delta: 1n, total: 1 })],
  [
    ".counter.delta must be an integer from 0 to 2^64 - 1, got -1n",
    message("counter", { name: "", delta: -1n, total: 0n }),
  ],
  [".counter.name must be a string", message("counter", { delta: 0n, total: 0n })],
  ["metrics must be an object", message("gauge", {})],
  ['.metrics["cpu"] must be { value, unit }', message("gauge", { metrics: { cpu: 1 } })],
  ['.metrics["cpu"].value must be a number', message("gauge", { metrics: { cpu: { unit: "" } } })],
  ['.metrics["cpu"].unit must be a string', message("gauge", { metrics: { cpu: { value: 1 } } })],
  [".timer.stop must be a bigint", message("timer", { name: "", start: 1n, stop: new Date() })],
  [".event.body must be a string", message("event", { title: "" })],
])("rejects an envelope: %s", (text, fields) => {
  const wrong =
    fields === null || Array.isArray(fields) ? fields : { ...envelopes[0], ...Object(fields) };
  let error: unknown;
  try {
    checkEnvelopes("envelopes", [...envelopes, wrong]);
  } catch (caught) {
    error = caught;
  }
  expect(error instanceof OptionTypeError || error instanceof OptionRangeError).toBe(true);
  expect((error as Error).message).toContain(`envelopes[${envelopes.length}]`);
  expect((error as Error).message).toContain(text);
});

test("rejects a value that is not an array", () => {
  expect(() => checkEnvelopes("envelopes", undefined)).toThrow(
    "envelopes must be an array of envelopes, got undefined",
  );
});

function message($case: string, value: object) {
  return { message: { $case, value } };
}

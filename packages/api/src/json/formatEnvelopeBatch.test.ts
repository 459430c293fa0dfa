import { anyText, batches, withoutUnknownFields } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyEnvelope } from "../../testing/emptyEnvelope.js";
import {
  counterEnvelope,
  decodeEnvelopeBatch,
  type Envelope,
  encodeEnvelopeBatch,
  eventEnvelope,
  formatEnvelopeBatch,
  gaugeEnvelope,
  logEnvelope,
  parseEnvelopeBatch,
  timerEnvelope,
} from "../index.js";

const formatOne = (part: Partial<Envelope>, emitUnpopulated?: boolean) =>
  formatEnvelopeBatch({ batch: [{ ...emptyEnvelope, ...part }] }, { emitUnpopulated });
const at0 = { timestamp: 0n };

describe("a formatted batch", () => {
  test("is parsed to the same batch, except for unknown fields", () => {
    fc.assert(
      fc.property(batches(), fc.boolean(), (batch, emitUnpopulated) => {
        const text = formatEnvelopeBatch(batch, { emitUnpopulated });
        expect(parseEnvelopeBatch(text)).toEqual(withoutUnknownFields(batch));
      }),
      { numRuns: 300 },
    );
  });

  test("writes U+FFFD for lone surrogates, as the binary form does", () => {
    fc.assert(
      fc.property(batches(anyText), (batch) => {
        // Names that differ only in a lone surrogate become the same name in both forms.
        const fromJson = parseEnvelopeBatch(formatEnvelopeBatch(batch));
        const fromBinary = decodeEnvelopeBatch(encodeEnvelopeBatch(batch));
        const names = ({ tags }: Envelope) => Object.keys(tags).sort();
        expect(fromJson.batch.map(names)).toEqual(fromBinary.batch.map(names));
        expect(fromJson.batch.map(({ sourceId }) => sourceId)).toEqual(
          fromBinary.batch.map(({ sourceId }) => sourceId),
        );
      }),
      { numRuns: 300 },
    );
    expect(formatOne({ sourceId: "\ud800a\udc00😀\\ud800" })).toBe(
      String.raw`{"batch":[{"source_id":"${"\ufffd"}a${"\ufffd"}😀\\ud800"}]}`,
    );
  });
});

test("every type of message is written in the gateway's form, without unpopulated fields", () => {
  const tags = { b: "2", a: "1" };
  const format = (envelope: Envelope) => formatEnvelopeBatch({ batch: [envelope] });
  expect(format(logEnvelope("hi", { timestamp: 5n, sourceId: "s", instanceId: "0", tags }))).toBe(
    '{"batch":[{"timestamp":"5","source_id":"s","instance_id":"0","tags":{"a":"1","b":"2"},"log":{"payload":"aGk=","type":"ERR"}}]}',
  );
  expect(format(logEnvelope("", { ...at0, stream: "stdout" }))).toBe('{"batch":[{"log":{}}]}');
  expect(format(counterEnvelope("c", { ...at0, total: 2n ** 64n - 1n }))).toBe(
    '{"batch":[{"counter":{"name":"c","total":"18446744073709551615"}}]}',
  );
  expect(format(gaugeEnvelope({ b: { value: 1.5, unit: "u" }, a: { value: 0 } }, at0))).toBe(
    '{"batch":[{"gauge":{"metrics":{"a":{},"b":{"unit":"u","value":1.5}}}}]}',
  );
  expect(format(timerEnvelope("t", -1n, 0n, at0))).toBe(
    '{"batch":[{"timer":{"name":"t","start":"-1"}}]}',
  );
  expect(format(eventEnvelope("t", "b", at0))).toBe(
    '{"batch":[{"event":{"title":"t","body":"b"}}]}',
  );
});

test("emitUnpopulated also writes fields with default values", () => {
  const shared = '"timestamp":"0","source_id":"","instance_id":"","deprecated_tags":{},"tags":{}';
  const format = (envelope: Envelope) =>
    formatEnvelopeBatch({ batch: [envelope] }, { emitUnpopulated: true });
  expect(formatEnvelopeBatch({ batch: [] }, { emitUnpopulated: true })).toBe('{"batch":[]}');
  expect(formatEnvelopeBatch({ batch: [] })).toBe("{}");
  // The default of a oneof is that no member is set.
  expect(format(emptyEnvelope)).toBe(`{"batch":[{${shared}}]}`);
  expect(format(logEnvelope("", { ...at0, stream: "stdout" }))).toBe(
    `{"batch":[{${shared},"log":{"payload":"","type":"OUT"}}]}`,
  );
  expect(format(counterEnvelope("", { ...at0, delta: 0 }))).toBe(
    `{"batch":[{${shared},"counter":{"name":"","delta":"0","total":"0"}}]}`,
  );
  expect(format(gaugeEnvelope({}, at0))).toBe(`{"batch":[{${shared},"gauge":{"metrics":{}}}]}`);
  expect(format(gaugeEnvelope({ m: { value: 0 } }, at0))).toBe(
    `{"batch":[{${shared},"gauge":{"metrics":{"m":{"unit":"","value":0}}}}]}`,
  );
  expect(format(timerEnvelope("", 0n, 0n, at0))).toBe(
    `{"batch":[{${shared},"timer":{"name":"","start":"0","stop":"0"}}]}`,
  );
  expect(format(eventEnvelope("", "", at0))).toBe(
    `{"batch":[{${shared},"event":{"title":"","body":""}}]}`,
  );
});

test.each<[number, string]>([
  [Number.NaN, '"NaN"'],
  [Number.POSITIVE_INFINITY, '"Infinity"'],
  [Number.NEGATIVE_INFINITY, '"-Infinity"'],
  [-0, "-0"],
  [1e21, "1e+21"],
  [5e-324, "5e-324"],
  [0.1, "0.1"],
])("the double %d is written as %s", (value, json) => {
  expect(formatOne(gaugeEnvelope({ m: { value } }, at0))).toBe(
    `{"batch":[{"gauge":{"metrics":{"m":{"value":${json}}}}}]}`,
  );
  expect(formatOne({ deprecatedTags: { m: { data: { $case: "decimal", value } } } })).toBe(
    `{"batch":[{"deprecated_tags":{"m":{"decimal":${json}}}}]}`,
  );
});

test("deprecated tags are written with their type, even zeros, or empty if no value is set", () => {
  expect(
    formatOne({
      deprecatedTags: {
        a: { data: { $case: "text", value: "" } },
        b: { data: { $case: "integer", value: 0n } },
        c: { data: { $case: "decimal", value: 0 } },
        d: { data: undefined },
      },
    }),
  ).toBe(
    '{"batch":[{"deprecated_tags":{"a":{"text":""},"b":{"integer":"0"},"c":{"decimal":0},"d":{}}}]}',
  );
});

test("a log type without a name is written as its number", () => {
  const envelope = logEnvelope("", at0);
  envelope.message.value.type = 7 as 0;
  expect(formatOne(envelope)).toBe('{"batch":[{"log":{"type":7}}]}');
});

test("entries named __proto__ are written", () => {
  const tags = JSON.parse('{"__proto__":"a"}') as Record<string, string>;
  expect(formatOne({ tags })).toBe('{"batch":[{"tags":{"__proto__":"a"}}]}');
});

test("unknown fields are omitted, because JSON cannot represent them", () => {
  expect(formatOne({ sourceId: "s", _unknownFields: { 130: [Uint8Array.of(0)] } })).toBe(
    '{"batch":[{"source_id":"s"}]}',
  );
});

import { describe, expect, test } from "vitest";
import { typeError } from "../../testing/errors.js";
import {
  counterEnvelope,
  EnvelopeBatchWriter,
  eventEnvelope,
  formatEnvelope,
  formatEnvelopeBatch,
  gaugeEnvelope,
  logEnvelope,
  selectAll,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  selectTimer,
  timerEnvelope,
  toJson,
} from "../index.js";
import { EventWriter } from "../v1.js";

const writer = new EnvelopeBatchWriter();
const v1Writer = new EventWriter("origin");
const good = { sourceId: "s", instanceId: "0", tags: { a: "b" }, timestamp: 1n };
const metrics = { cpu: { value: 1, unit: "percent" } };

type Call = readonly [string, readonly string[], (options: object) => unknown];
const envelopeOptions = Object.keys(good);
const logOptions = [...envelopeOptions, "stream", "sourceType"];
const counterOptions = [...envelopeOptions, "delta", "total"];
const calls: readonly Call[] = [
  ["logEnvelope", logOptions, (options) => logEnvelope("m", options)],
  ["counterEnvelope", counterOptions, (options) => counterEnvelope("c", options)],
  ["gaugeEnvelope", envelopeOptions, (options) => gaugeEnvelope(metrics, options)],
  ["timerEnvelope", envelopeOptions, (options) => timerEnvelope("t", 1n, 2n, options)],
  ["eventEnvelope", envelopeOptions, (options) => eventEnvelope("t", "b", options)],
  ["EnvelopeBatchWriter.log", logOptions, (options) => writer.log("m", options)],
  ["EnvelopeBatchWriter.counter", counterOptions, (options) => writer.counter("c", options)],
  ["EnvelopeBatchWriter.gauge", envelopeOptions, (options) => writer.gauge(metrics, options)],
  ["EnvelopeBatchWriter.timer", envelopeOptions, (options) => writer.timer("t", 1n, 2n, options)],
  ["EnvelopeBatchWriter.event", envelopeOptions, (options) => writer.event("t", "b", options)],
  ["EventWriter.log", logOptions, (options) => v1Writer.log("m", options)],
  ["EventWriter.counter", counterOptions, (options) => v1Writer.counter("c", options)],
  ["EventWriter.gauge", envelopeOptions, (options) => v1Writer.gauge(metrics, options)],
];

describe.each(calls)("%s", (_, known, call) => {
  test.each(["sourceID", "SourceId", "soureId", "instanceID", "tag", "timestmp"])(
    "rejects the misspelled option %s and suggests the right one",
    (name) => {
      // Repeated, because headers are cached after the first call.
      for (let i = 0; i < 3; i++) {
        call(good);
        expect(() => call({ ...good, [name]: "x" })).toThrow(
          expect.toSatisfy(
            (error) => error instanceof TypeError && /; did you mean "\w+"\?$/.test(error.message),
          ),
        );
      }
    },
  );

  test("rejects unknown options with a list of the known ones", () => {
    const list = known.join(", ");
    for (const name of ["x", "constructor", "toString", "hasOwnProperty"]) {
      expect(() => call({ [name]: undefined })).toThrow(
        typeError(`unknown option "${name}"; known options: ${list}`),
      );
    }
    expect(() => call(JSON.parse('{"__proto__":1}'))).toThrow(
      typeError(`unknown option "__proto__"; known options: ${list}`),
    );
  });

  test("accepts all known options, undefined ones, and inherited ones", () => {
    const none = Object.fromEntries(known.map((name) => [name, undefined]));
    for (const options of [none, Object.create(null), Object.create(good), { ...good, ...none }]) {
      expect(() => call(options)).not.toThrow();
    }
    class Options {
      sourceId = "s";
      helper() {}
    }
    expect(() => call(new Options())).not.toThrow();
    expect(() => call(Object.create({ inherited: 1 }))).not.toThrow();
  });

  test.each([
    [null, "null"],
    [5, "5"],
    [[], "an array"],
    ["s", '"s"'],
  ])("rejects options that are %j", (options, text) => {
    expect(() => call(options as never)).toThrow(
      typeError(`options must be an object, got ${text}`),
    );
  });
});

test.each([
  ["logEnvelope", () => logEnvelope("m", { steam: "stdout" } as object), "stream"],
  ["logEnvelope", () => logEnvelope("m", { sourcetype: "x" } as object), "sourceType"],
  ["counterEnvelope", () => counterEnvelope("c", { detla: 1 } as object), "delta"],
  ["selectLog", () => selectLog({ sourceID: "s" } as object), "sourceId"],
  ["selectCounter", () => selectCounter({ names: ["n"] } as object), "name"],
  ["selectGauge", () => selectGauge({ name: "n" } as object), "names"],
  ["selectTimer", () => selectTimer({ source_id: "s" } as object), "sourceId"],
  ["selectEvent", () => selectEvent({ sourceid: "s" } as object), "sourceId"],
  ["selectAll", () => selectAll({ sourceIds: "s" } as object), "sourceId"],
  ["toJson", () => toJson(logEnvelope(""), { emitUnpopulate: true } as object), "emitUnpopulated"],
  [
    "formatEnvelope",
    () => formatEnvelope(logEnvelope(""), { emitunpopulated: true } as object),
    "emitUnpopulated",
  ],
  [
    "formatEnvelopeBatch",
    () => formatEnvelopeBatch({ batch: [] }, { emitsUnpopulated: true } as object),
    "emitUnpopulated",
  ],
])("%s suggests the closest option, %#", (_, call, suggestion) => {
  expect(call).toThrow(`did you mean "${suggestion}"?`);
});

test.each([
  ["gaugeEnvelope", (metrics: object) => gaugeEnvelope(metrics as never)],
  ["EnvelopeBatchWriter.gauge", (metrics: object) => writer.gauge(metrics as never)],
  ["EventWriter.gauge", (metrics: object) => v1Writer.gauge(metrics as never)],
])("%s rejects a misspelled unit, even of the last metric", (_, call) => {
  expect(() => call({ ...metrics, disk: { value: 1, units: "bytes" } })).toThrow(
    typeError('unknown option "metrics.disk.units"; did you mean "unit"?'),
  );
});

test.each([null, "a=b", ["a"], 5])("writers reject client tags that are %j", (tags) => {
  const message = /^tags must be an object of strings, got /;
  expect(() => new EnvelopeBatchWriter(tags as never)).toThrow(message);
  expect(() => new EventWriter("origin", tags as never)).toThrow(message);
});

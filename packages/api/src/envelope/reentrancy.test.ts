import { describe, expect, test } from "vitest";
import {
  decodeEnvelopeBatch,
  type Envelope,
  type EnvelopeBatch,
  EnvelopeBatchWriter,
  encodeEnvelopeBatch,
  formatEnvelopeBatch,
  gaugeEnvelope,
  type LogOptions,
  logEnvelope,
} from "../index.js";
import { decodeEvent, EventWriter, encodeEvent, type Envelope as V1Envelope } from "../v1.js";

// A getter among the arguments may use the same writer. Both envelopes must be complete.

/** A copy of `object` in which reading the property at the path calls `read` first. */
function withGetter<T extends object>(object: T, path: readonly string[], read: () => void): T {
  const [name = "", ...rest] = path;
  const value = (object as Record<string, unknown>)[name];
  const copy = Object.create(
    Object.getPrototypeOf(object),
    Object.getOwnPropertyDescriptors(object),
  );
  return Object.defineProperty(copy, name, {
    enumerable: true,
    configurable: true,
    get() {
      if (rest.length > 0) {
        return withGetter(value as object, rest, read);
      }
      read();
      return value;
    },
  });
}

const options: LogOptions = {
  sourceId: "outer",
  instanceId: "0",
  tags: { a: "1", b: "2" },
  timestamp: 5n,
};
const metrics = { cpu: { value: 1, unit: "percent" }, disk: { value: 2, unit: "bytes" } };

const sourceIds = (bytes: Uint8Array) =>
  decodeEnvelopeBatch(bytes).batch.map(({ sourceId }) => sourceId);

type Call = (writer: EnvelopeBatchWriter, options: LogOptions) => void;
const calls: readonly [string, Call][] = [
  ["log", (writer, options) => writer.log("message", options)],
  ["counter", (writer, options) => writer.counter("name", options)],
  ["gauge", (writer, options) => writer.gauge(metrics, options)],
  ["timer", (writer, options) => writer.timer("name", 1n, 2n, options)],
  ["event", (writer, options) => writer.event("title", "body", options)],
];
const optionPaths = [
  ["sourceId"],
  ["instanceId"],
  ["timestamp"],
  ["tags"],
  ["tags", "a"],
  ["tags", "b"],
];

describe.each(calls)("EnvelopeBatchWriter.%s", (_, call) => {
  test.each(optionPaths)("completes when reading %s %s emits", (...path) => {
    // In the second round, the header is in the cache.
    const writer = new EnvelopeBatchWriter({ client: "tag" });
    const expected = new EnvelopeBatchWriter({ client: "tag" });
    for (let round = 0; round < 3; round++) {
      let inner = 0;
      const emitInner = () => {
        inner++;
        for (const [, innerCall] of calls) {
          innerCall(writer, { sourceId: "inner", timestamp: 6n });
        }
      };
      call(writer, withGetter(options, path, emitInner));
      for (let i = 0; i < inner; i++) {
        for (const [, innerCall] of calls) {
          innerCall(expected, { sourceId: "inner", timestamp: 6n });
        }
      }
      call(expected, options);
      expect(inner).toBeGreaterThan(0);
    }
    expect(writer.count).toBe(expected.count);
    expect(writer.take()).toEqual(expected.take());
  });

  test.each(optionPaths)("completes when reading %s %s takes the batch", (...path) => {
    const writer = new EnvelopeBatchWriter();
    writer.log("before", { sourceId: "before" });
    const taken: Uint8Array[] = [];
    call(
      writer,
      withGetter(options, path, () => taken.push(writer.take())),
    );
    expect(taken.flatMap(sourceIds)).toEqual(["before"]);
    expect(writer.count).toBe(1);
    expect(sourceIds(writer.take())).toEqual(["outer"]);
  });

  test.each(optionPaths)(
    "writes nothing but the inner envelope when reading %s %s throws",
    (...path) => {
      const writer = new EnvelopeBatchWriter();
      const fail = () => {
        writer.log("inner", { sourceId: "inner" });
        throw new Error("getter fails");
      };
      expect(() => call(writer, withGetter(options, path, fail))).toThrow("getter fails");
      call(writer, options);
      expect(sourceIds(writer.take())).toEqual(["inner", "outer"]);
    },
  );
});

test("a getter that returns different values does not corrupt cached headers", () => {
  const writer = new EnvelopeBatchWriter();
  let reads = 0;
  const changing = {
    get sourceId() {
      return `source ${reads++ % 3}`;
    },
    tags: {
      get a() {
        return `value ${reads++ % 3}`;
      },
    },
  };
  for (let i = 0; i < 50; i++) {
    writer.log("changing", changing);
    const sourceId = `source ${i % 3}`;
    const a = `value ${i % 3}`;
    writer.log("fixed", { sourceId, tags: { a } });
    const { batch } = decodeEnvelopeBatch(writer.take());
    expect(batch[1]).toMatchObject({ sourceId, tags: { a } });
  }
});

describe("metrics", () => {
  test.each([
    ["cpu"],
    ["cpu", "value"],
    ["cpu", "unit"],
    ["disk"],
    ["disk", "value"],
    ["disk", "unit"],
  ])("complete when reading %s %s emits a gauge", (...path) => {
    const writer = new EnvelopeBatchWriter();
    const emitInner = () => writer.gauge({ inner: { value: 3 } }, { sourceId: "inner" });
    writer.gauge(withGetter(metrics, path, emitInner), options);
    const { batch } = decodeEnvelopeBatch(writer.take());
    expect(batch.at(-1)).toEqual(gaugeEnvelope(metrics, options));
    expect(batch.length).toBeGreaterThan(1);
    for (const inner of batch.slice(0, -1)) {
      expect(inner.message).toEqual(gaugeEnvelope({ inner: { value: 3 } }).message);
    }
  });
});

describe("envelopes", () => {
  const envelopes: readonly Envelope[] = [
    {
      ...logEnvelope("message", { ...options, stream: "stdout" }),
      deprecatedTags: { d: { data: { $case: "integer", value: 1n } } },
      _unknownFields: { 800: [Uint8Array.of(1)] },
    },
    gaugeEnvelope(metrics, options),
  ];
  const paths: readonly string[][] = [
    ["timestamp"],
    ["sourceId"],
    ["tags"],
    ["tags", "b"],
    ["deprecatedTags", "d", "data", "value"],
    ["message"],
    ["message", "value"],
    ["message", "value", "payload"],
    ["message", "value", "metrics", "disk", "unit"],
    ["_unknownFields", "800"],
  ];
  const cases = envelopes.flatMap((envelope) =>
    paths
      .filter((path) => has(envelope, path))
      .map((path) => ({ path: path.join("."), keys: path, envelope })),
  );

  test.each(cases)("are complete when reading $path encodes others", ({ keys, envelope }) => {
    const other = { batch: [logEnvelope("other", { timestamp: 1n }), logEnvelope("another")] };
    const before = encodeEnvelopeBatch({ batch: [envelope, envelope] });
    const getter = withGetter(envelope, keys, () => {
      expect(decodeEnvelopeBatch(encodeEnvelopeBatch(other))).toEqual(other);
    });
    expect(encodeEnvelopeBatch({ batch: [envelope, getter] })).toEqual(before);
    const writer = new EnvelopeBatchWriter();
    const emitting = withGetter(envelope, keys, () => writer.log("inner", { sourceId: "inner" }));
    writer.envelope(envelope);
    writer.envelope(emitting);
    const { batch } = decodeEnvelopeBatch(writer.take());
    expect([batch[0], batch.at(-1)]).toEqual([envelope, envelope]);
    expect(batch.slice(1, -1).every(({ sourceId }) => sourceId === "inner")).toBe(true);
  });

  test("are formatted completely when reading one formats others", () => {
    const [envelope] = envelopes as [Envelope];
    const { _unknownFields: _, ...known } = envelope;
    const batch: EnvelopeBatch = { batch: [known] };
    const getter = withGetter(known, ["message", "value", "payload"], () =>
      formatEnvelopeBatch({ batch: [logEnvelope("other")] }),
    );
    expect(formatEnvelopeBatch({ batch: [getter] })).toBe(formatEnvelopeBatch(batch));
  });
});

describe("v1", () => {
  const v1Calls: readonly [string, (writer: EventWriter, options: LogOptions) => Uint8Array[]][] = [
    ["log", (writer, options) => [writer.log("message", options)]],
    ["counter", (writer, options) => [writer.counter("name", options)]],
    ["gauge", (writer, options) => writer.gauge(metrics, options)],
  ];
  describe.each(v1Calls)("EventWriter.%s", (_, call) => {
    test.each(optionPaths)("completes when reading %s %s emits", (...path) => {
      const writer = new EventWriter("origin", { client: "tag" });
      const expected = call(new EventWriter("origin", { client: "tag" }), options).map(decodeEvent);
      const inner: Uint8Array[] = [];
      const emitInner = () => {
        for (const [, innerCall] of v1Calls) {
          inner.push(...innerCall(writer, { sourceId: "inner", timestamp: 6n }));
        }
      };
      const outer = call(writer, withGetter(options, path, emitInner));
      expect(outer.map(decodeEvent)).toEqual(expected);
      expect(inner.length).toBeGreaterThan(0);
      expect(inner.every((bytes) => decodeEvent(bytes).timestamp === 6n)).toBe(true);
    });
  });

  test.each([["origin"], ["tags"], ["tags", "a"], ["counterEvent"], ["counterEvent", "delta"]])(
    "encodeEvent completes when reading %s %s encodes another",
    (...path) => {
      const event: V1Envelope = {
        ...decodeEvent(new EventWriter("origin").counter("c", options)),
      };
      const other = decodeEvent(new EventWriter("other").log("a longer message", options));
      const bytes = encodeEvent(event);
      const getter = withGetter(event, path, () => {
        expect(decodeEvent(encodeEvent(other))).toEqual(other);
      });
      expect(encodeEvent(getter)).toEqual(bytes);
    },
  );
});

function has(object: object, path: readonly string[]): boolean {
  let value: unknown = object;
  for (const name of path) {
    value = (value as Record<string, unknown> | undefined)?.[name];
  }
  return value !== undefined;
}

import type { Envelope, EnvelopeBatch, GaugeValue, Value } from "@loggregator/api";
import fc from "fast-check";

// Random envelopes for the property tests: everything that can be encoded, edge cases first.

/** Names that cause problems in plain objects, and the tag that has its own option. */
const trickyNames = ["", "__proto__", "constructor", "toString", "source_type", "origin", "0"];
const edgeLengths = [127, 128, 16_383, 16_384];

/** Text that UTF-8 can encode, including lengths at which a varint grows. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...trickyNames, "\ufeffbom", "日本語", "\u0000", "a\\ud"),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("a", "é", "語", "😀"), fc.constantFrom(...edgeLengths))
      // This many bytes, or this many UTF-16 units: a length guessed from one may be wrong for the
      // other.
      .chain(([character, length]) =>
        fc.constantFrom(
          character.repeat(length / Buffer.byteLength(character)),
          character.repeat(length / character.length),
        ),
      ),
  },
);

/** Text that may contain lone surrogates, which UTF-8 cannot encode. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  text,
  fc
    .array(
      fc.oneof(fc.integer({ min: 0xd800, max: 0xdfff }), fc.integer({ min: 0, max: 0xffff })),
      {
        maxLength: 40,
      },
    )
    .map((units) => String.fromCharCode(...units)),
);

export const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 127n, 128n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)),
);
export const uint64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 127n, 128n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n),
);
export const double = fc.double();

/** An object with these entries; a key `__proto__` becomes its own property. */
export function dictionary<T>(key: fc.Arbitrary<string>, value: fc.Arbitrary<T>) {
  return fc
    .array(fc.tuple(key, value), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries) as Record<string, T>);
}

/** Envelopes as a decoder returns them: `_unknownFields` is set only if there are some. */
export function envelopes(string: fc.Arbitrary<string> = text): fc.Arbitrary<Envelope> {
  return fc
    .record({
      timestamp: int64,
      sourceId: string,
      instanceId: string,
      deprecatedTags: dictionary(string, deprecatedTag(string)),
      tags: dictionary(string, string),
      message: message(string),
      _unknownFields: unknownFields([0x08, 0x12, 0x42, 0x1a, 0x4a, 0x22, 0x2a, 0x32, 0x3a, 0x52]),
    })
    .map(withoutUndefined);
}

/** Batches of a few envelopes. */
export function batches(string: fc.Arbitrary<string> = text): fc.Arbitrary<EnvelopeBatch> {
  return fc
    .record({
      batch: fc.array(envelopes(string), { maxLength: 4 }),
      _unknownFields: unknownFields([0x0a]),
    })
    .map(withoutUndefined);
}

/** Removes unknown fields, which JSON cannot represent. */
export function withoutUnknownFields<T>(value: T): T {
  return mapDeep(value, () => undefined);
}

/** Removes empty unknown fields, which the generated decoder adds everywhere. */
export function withoutEmptyUnknownFields<T>(value: T): T {
  return mapDeep(value, (fields) => (Object.keys(fields).length === 0 ? undefined : fields));
}

function message(string: fc.Arbitrary<string>): fc.Arbitrary<Envelope["message"]> {
  const log = fc.record({
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom(...edgeLengths).map((length) => new Uint8Array(length).fill(0x61)),
    ),
    type: fc.oneof(fc.constantFrom(0, 1), fc.integer()) as fc.Arbitrary<0 | 1>,
    _unknownFields: unknownFields([0x0a, 0x10]),
  });
  const counter = fc.record({
    name: string,
    delta: uint64,
    total: uint64,
    _unknownFields: unknownFields([0x0a, 0x10, 0x18]),
  });
  const metric: fc.Arbitrary<GaugeValue> = fc
    .record({ unit: string, value: double, _unknownFields: unknownFields([0x0a, 0x11]) })
    .map(withoutUndefined);
  const gauge = fc.record({
    metrics: dictionary(string, metric),
    _unknownFields: unknownFields([0x0a]),
  });
  const timer = fc.record({
    name: string,
    start: int64,
    stop: int64,
    _unknownFields: unknownFields([0x0a, 0x10, 0x18]),
  });
  const event = fc.record({
    title: string,
    body: string,
    _unknownFields: unknownFields([0x0a, 0x12]),
  });
  return fc.oneof(
    fc.constant(undefined),
    fc.record({ $case: fc.constant("log" as const), value: log.map(withoutUndefined) }),
    fc.record({ $case: fc.constant("counter" as const), value: counter.map(withoutUndefined) }),
    fc.record({ $case: fc.constant("gauge" as const), value: gauge.map(withoutUndefined) }),
    fc.record({ $case: fc.constant("timer" as const), value: timer.map(withoutUndefined) }),
    fc.record({ $case: fc.constant("event" as const), value: event.map(withoutUndefined) }),
  );
}

function deprecatedTag(string: fc.Arbitrary<string>): fc.Arbitrary<Value> {
  return fc
    .record({
      data: fc.oneof(
        fc.constant(undefined),
        fc.record({ $case: fc.constant("text" as const), value: string }),
        fc.record({ $case: fc.constant("integer" as const), value: int64 }),
        fc.record({ $case: fc.constant("decimal" as const), value: double }),
      ),
      _unknownFields: unknownFields([0x0a, 0x10, 0x19]),
    })
    .map(withoutUndefined);
}

type UnknownFields = { [tag: number]: Uint8Array[] };

/** Well-formed unknown fields; `known` are the tags that the message defines. */
function unknownFields(known: readonly number[]): fc.Arbitrary<UnknownFields | undefined> {
  const varint = fc.constantFrom([0], [0x80, 0x01], [...Array<number>(9).fill(0xff), 0x01]);
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const lengthDelimited = fc.uint8Array({ maxLength: 127 }).map((b) => [b.length, ...b]);
  const field = fc
    .constantFrom(1, 2, 4, 11, 15, 16, 2047, 2048, 2 ** 29 - 1)
    .chain((number) =>
      fc.oneof(
        fc.tuple(fc.constant(number * 8), varint),
        fc.tuple(fc.constant(number * 8 + 1), bytes(8)),
        fc.tuple(fc.constant(number * 8 + 2), lengthDelimited),
        fc.tuple(fc.constant(number * 8 + 5), bytes(4)),
        // A group: its fields (here one) and its end.
        ...(number < 16 ? [fc.constant([number * 8 + 3, [0x08, 1, number * 8 + 4]] as const)] : []),
      ),
    )
    .filter(([tag]) => !known.includes(tag));
  const some = fc.array(field, { minLength: 1, maxLength: 3 }).map((fields) => {
    const byTag: UnknownFields = {};
    for (const [tag, value] of fields) {
      byTag[tag] ??= [];
      byTag[tag].push(Uint8Array.from(value));
    }
    return byTag;
  });
  return fc.option(some, { nil: undefined, freq: 4 });
}

function withoutUndefined<T extends { _unknownFields: UnknownFields | undefined }>(message: T) {
  const { _unknownFields, ...known } = message;
  return _unknownFields === undefined ? known : { ...known, _unknownFields };
}

function mapDeep<T>(value: T, map: (unknownFields: object) => object | undefined): T {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((item) => mapDeep(item, map)) as T;
  }
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const mapped = key === "_unknownFields" ? map(item as object) : mapDeep(item, map);
    if (key !== "_unknownFields" || mapped !== undefined) {
      entries.push([key, mapped]);
    }
  }
  return Object.fromEntries(entries) as T;
}

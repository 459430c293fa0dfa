import { decodeEnvelope, decodeEnvelopeBatch, decodeGauge } from "./decode.js";
import { decodeWith } from "./decodeWith.js";
import {
  GaugeValue,
  Envelope as GeneratedEnvelope,
  EnvelopeBatch as GeneratedEnvelopeBatch,
  Gauge as GeneratedGauge,
  Value,
} from "./gen/loggregator/v2/envelope.js";
import { mapWith } from "./ownProperty.js";

// The generated messages that hold maps, with functions that don't lose an entry called `__proto__`.

/** The type of what `Envelope` makes. */
export type Envelope = GeneratedEnvelope;
export const Envelope: typeof GeneratedEnvelope = {
  ...GeneratedEnvelope,
  /** @throws EnvelopeDecodeError where the bytes are malformed. */
  decode: decodeWith(decodeEnvelope, GeneratedEnvelope),
  create: (base) => Envelope.fromPartial(base ?? {}),
  fromPartial(object) {
    const made = GeneratedEnvelope.fromPartial(object);
    made.tags = mapWith(object.tags, String);
    made.deprecatedTags = mapWith(object.deprecatedTags, Value.fromPartial);
    if (made.message?.$case === "gauge" && object.message?.$case === "gauge") {
      made.message.value = Gauge.fromPartial(object.message.value ?? {});
    }
    return made;
  },
};

/** The type of what `EnvelopeBatch` makes. */
export type EnvelopeBatch = GeneratedEnvelopeBatch;
export const EnvelopeBatch: typeof GeneratedEnvelopeBatch = {
  ...GeneratedEnvelopeBatch,
  /** @throws EnvelopeDecodeError where the bytes are malformed. */
  decode: decodeWith(decodeEnvelopeBatch, GeneratedEnvelopeBatch),
  create: (base) => EnvelopeBatch.fromPartial(base ?? {}),
  fromPartial: ({ batch = [] }) => ({
    ...GeneratedEnvelopeBatch.fromPartial({}),
    batch: batch.map(Envelope.fromPartial),
  }),
};

/** The type of what `Gauge` makes. */
export type Gauge = GeneratedGauge;
export const Gauge: typeof GeneratedGauge = {
  ...GeneratedGauge,
  /** @throws EnvelopeDecodeError where the bytes are malformed. */
  decode: decodeWith(decodeGauge, GeneratedGauge),
  create: (base) => Gauge.fromPartial(base ?? {}),
  fromPartial: ({ metrics }) => ({
    ...GeneratedGauge.fromPartial({}),
    metrics: mapWith(metrics, GaugeValue.fromPartial),
  }),
};

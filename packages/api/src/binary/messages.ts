import { mapWith } from "@loggregator/core";
import {
  GaugeValue,
  Envelope as GeneratedEnvelope,
  EnvelopeBatch as GeneratedEnvelopeBatch,
  Gauge as GeneratedGauge,
  Value,
} from "../gen/loggregator/v2/envelope.js";
import { decodeEnvelope, decodeEnvelopeBatch, decodeGauge } from "./decodeEnvelopeBatch.js";
import { decodeWith } from "./decodeWith.js";

// The generated messages that hold maps, with functions that don't lose an entry called `__proto__`.

/** One log line, metric or event on its way through Loggregator. */
export type Envelope = GeneratedEnvelope;
/** ts-proto's functions for envelopes: `create`, `fromPartial`, `encode`, `decode`. */
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

/** Envelopes that travel together. */
export type EnvelopeBatch = GeneratedEnvelopeBatch;
/** ts-proto's functions for batches. */
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

/** Values measured at one moment. */
export type Gauge = GeneratedGauge;
/** ts-proto's functions for gauges. */
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

import { EgressDefinition as GeneratedEgress } from "../gen/loggregator/v2/egress.js";
import type { Envelope, EnvelopeBatch } from "../gen/loggregator/v2/envelope.js";
import { IngressDefinition as GeneratedIngress } from "../gen/loggregator/v2/ingress.js";
import { decodeEnvelope, decodeEnvelopeBatch } from "./decodeEnvelopeBatch.js";
import { encodeEnvelope, encodeEnvelopeBatch } from "./encodeEnvelopeBatch.js";

// The generated services with this package's codec for envelopes. They omit `fromPartial`, because
// nice-grpc would call it for every message: the generated function copies the whole message and
// loses keys such as __proto__.

const envelopeCodec = {
  encode: (envelope: Envelope) => ({ finish: () => encodeEnvelope(envelope) }),
  decode: decodeEnvelope,
};
const batchCodec = {
  encode: (batch: EnvelopeBatch) => ({ finish: () => encodeEnvelopeBatch(batch) }),
  decode: decodeEnvelopeBatch,
};
const { sender, batchSender, send } = GeneratedIngress.methods;
const { receiver, batchedReceiver } = GeneratedEgress.methods;

/** The service `loggregator.v2.Ingress` for nice-grpc's `createClient` and `Server.add`. */
export const IngressDefinition = {
  ...GeneratedIngress,
  methods: {
    sender: { ...sender, requestType: envelopeCodec },
    batchSender: { ...batchSender, requestType: batchCodec },
    send: { ...send, requestType: batchCodec },
  },
} as const;
/** The type of `IngressDefinition`. */
export type IngressDefinition = typeof IngressDefinition;

/** The service `loggregator.v2.Egress` for nice-grpc's `createClient` and `Server.add`. */
export const EgressDefinition = {
  ...GeneratedEgress,
  methods: {
    receiver: { ...receiver, responseType: envelopeCodec },
    batchedReceiver: { ...batchedReceiver, responseType: batchCodec },
  },
} as const;
/** The type of `EgressDefinition`. */
export type EgressDefinition = typeof EgressDefinition;

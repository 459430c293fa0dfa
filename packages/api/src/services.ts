import { decodeEnvelopeBatch } from "./decode.js";
import { encodeEnvelopeBatch } from "./encode.js";
import { EgressDefinition as GeneratedEgress } from "./gen/loggregator/v2/egress.js";
import {
  type EnvelopeBatch,
  EnvelopeBatch as GeneratedBatch,
} from "./gen/loggregator/v2/envelope.js";
import { IngressDefinition as GeneratedIngress } from "./gen/loggregator/v2/ingress.js";

// The generated services, with the fast codec for the message that they carry the most of.

/** EnvelopeBatch through `encodeEnvelopeBatch` and `decodeEnvelopeBatch`. */
const FastEnvelopeBatch = {
  ...GeneratedBatch,
  encode: (batch: EnvelopeBatch) => ({ finish: () => encodeEnvelopeBatch(batch) }),
  decode: decodeEnvelopeBatch,
};
const { sender, batchSender, send } = GeneratedIngress.methods;
const { receiver, batchedReceiver } = GeneratedEgress.methods;

/** The service `loggregator.v2.Ingress` for nice-grpc's `createClient` and `Server.add`. */
export const IngressDefinition = {
  ...GeneratedIngress,
  methods: {
    sender,
    batchSender: { ...batchSender, requestType: FastEnvelopeBatch },
    send: { ...send, requestType: FastEnvelopeBatch },
  },
} as const;
/** The type of `IngressDefinition`. */
export type IngressDefinition = typeof IngressDefinition;

/** The service `loggregator.v2.Egress` for nice-grpc's `createClient` and `Server.add`. */
export const EgressDefinition = {
  ...GeneratedEgress,
  methods: {
    receiver,
    batchedReceiver: { ...batchedReceiver, responseType: FastEnvelopeBatch },
  },
} as const;
/** The type of `EgressDefinition`. */
export type EgressDefinition = typeof EgressDefinition;

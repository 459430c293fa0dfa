import { EgressDefinition, IngressDefinition } from "@loggregator/api";
import type { OutgoingBatch } from "./outgoingBatch.js";

/** A codec that passes messages as bytes. */
export const bytesCodec = {
  encode: (bytes: Uint8Array) => ({ finish: () => bytes }),
  decode: (bytes: Uint8Array) => bytes,
};
const batchCodec = {
  encode: (batch: OutgoingBatch) => ({ finish: () => batch.encode() }),
  decode: (): OutgoingBatch => {
    throw new Error("a server does not receive batches as responses");
  },
};
const types = { requestType: bytesCodec, responseType: bytesCodec };

const { sender, batchSender, send } = IngressDefinition.methods;
const { receiver, batchedReceiver } = EgressDefinition.methods;

/**
 * `loggregator.v2.Ingress` with messages as bytes. Services decode them themselves: only then can a
 * malformed message end a call with the status of a real server, and envelopes that are forwarded
 * unchanged need not be encoded again.
 */
export const RawIngressDefinition = {
  ...IngressDefinition,
  methods: {
    sender: { ...sender, ...types },
    batchSender: { ...batchSender, ...types },
    send: { ...send, ...types },
  },
} as const;
export type RawIngressDefinition = typeof RawIngressDefinition;

/** `loggregator.v2.Egress` with messages as bytes. */
export const RawEgressDefinition = {
  ...EgressDefinition,
  methods: {
    receiver: { ...receiver, ...types },
    batchedReceiver: { ...batchedReceiver, requestType: bytesCodec, responseType: batchCodec },
  },
} as const;
export type RawEgressDefinition = typeof RawEgressDefinition;

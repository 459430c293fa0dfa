import { EgressBatchRequest, EgressRequest } from "@loggregator/api";
import type { ServiceImplementation } from "nice-grpc";
import { OutgoingBatch } from "../wire/outgoingBatch.js";
import type { RawEgressDefinition } from "../wire/rawServices.js";
import { readMessage } from "../wire/readMessage.js";
import { textFields } from "../wire/textFields.js";
import type { Rlp } from "./rlp.js";

/**
 * `loggregator.v2.Egress`, as the RLP implements it.
 *
 * @param bufferSize In envelopes, for each stream.
 */
export function createEgressService(
  rlp: Rlp,
  bufferSize: number,
): ServiceImplementation<RawEgressDefinition> {
  return {
    async *receiver(bytes, { signal }) {
      const { decode } = EgressRequest;
      const request = readMessage(bytes, decode, textFields.request, "streaming");
      yield* rlp.envelopes(request, { bufferSize, signal });
    },

    async *batchedReceiver(bytes, { signal }) {
      const { decode } = EgressBatchRequest;
      const request = readMessage(bytes, decode, textFields.request, "streaming");
      let last: OutgoingBatch | undefined;
      for await (const batch of rlp.batches(request, { bufferSize, signal })) {
        // grpc-js would queue 16 batches for a reader that does not read.
        await last?.taken(signal);
        last = new OutgoingBatch(batch);
        yield last;
      }
    },
  };
}

import type { EgressDefinition } from "@loggregator/api";
import type { ServiceImplementation } from "nice-grpc";
import type { EgressStreams } from "./egressStreams.js";

/** `loggregator.v2.Egress`, as the RLP has it. */
export function createEgressService(
  streams: EgressStreams,
): ServiceImplementation<EgressDefinition> {
  return {
    receiver: (request, { signal }) => streams.envelopes(request, signal),

    async *batchedReceiver(request, { signal }) {
      for await (const batch of streams.batches(request, signal)) {
        yield { batch };
      }
    },
  };
}

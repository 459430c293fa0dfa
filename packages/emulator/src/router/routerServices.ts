import type { Envelope } from "@loggregator/api";
import { ServerError, type ServiceImplementation, Status } from "nice-grpc";
import { createIngressService } from "../agent/createIngressService.js";
import type { StatsBoard } from "../observation/statsBoard.js";
import { createEgressService } from "../rlp/createEgressService.js";
import type { Rlp } from "../rlp/rlp.js";
import type { RawEgressDefinition, RawIngressDefinition } from "../wire/rawServices.js";

/** `loggregator.v2.Ingress`, as the router implements it: without `Send`. */
export function createRouterIngress(
  accept: (envelope: Envelope, bytes?: Uint8Array) => void,
  stats: StatsBoard,
): ServiceImplementation<RawIngressDefinition> {
  return {
    ...createIngressService({ accept }, stats),
    async send() {
      throw new ServerError(Status.UNIMPLEMENTED, "this endpoint is not yet implemented");
    },
  };
}

/**
 * `loggregator.v2.Egress`, as the router implements it: without `Receiver`, and with unchanged
 * tags.
 */
export function createRouterEgress(
  streams: Rlp,
  bufferSize: number,
): ServiceImplementation<RawEgressDefinition> {
  return {
    ...createEgressService(streams, bufferSize),
    // biome-ignore lint/correctness/useYield: it fails before it yields anything.
    async *receiver() {
      throw new ServerError(Status.UNIMPLEMENTED, "use BatchedReceiver instead");
    },
  };
}

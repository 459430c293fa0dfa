import type { Envelope, IngressDefinition } from "@loggregator/api";
import { ServerError, type ServiceImplementation, Status } from "nice-grpc";
import type { StatsBoard } from "../stats.js";

/** `loggregator.v2.Ingress`, as the agent has it. */
export function createIngressService(
  accept: (envelope: Envelope) => void,
  stats: StatsBoard,
): ServiceImplementation<IngressDefinition> {
  /** Reads a client's stream to its end, which the real server reports as an error, and never else. */
  async function readStream<T>(
    messages: AsyncIterable<T>,
    read: (message: T) => void,
  ): Promise<never> {
    stats.add("ingressStreams", 1);
    try {
      for await (const message of messages) {
        read(message);
      }
    } finally {
      stats.add("ingressStreams", -1);
    }
    throw new ServerError(Status.UNKNOWN, "EOF");
  }

  return {
    sender: (envelopes) => readStream(envelopes, accept),
    batchSender: (batches) => readStream(batches, ({ batch }) => batch.forEach(accept)),
    async send({ batch }) {
      batch.forEach(accept);
      return {};
    },
  };
}

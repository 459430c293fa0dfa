import { Envelope, EnvelopeBatch } from "@loggregator/api";
import { ServerError, type ServiceImplementation, Status } from "nice-grpc";
import type { StatsBoard } from "../observation/statsBoard.js";
import { splitBatch } from "../wire/envelopeBatch.js";
import type { RawIngressDefinition } from "../wire/rawServices.js";
import { type CallKind, readMessage } from "../wire/readMessage.js";
import { textFields } from "../wire/textFields.js";
import type { Agent } from "./agent.js";

/** `loggregator.v2.Ingress`, as the agent implements it. */
export function createIngressService(
  { accept }: Pick<Agent, "accept">,
  stats: StatsBoard,
): ServiceImplementation<RawIngressDefinition> {
  /** Reads a client's stream to its end, and then throws the status of a real agent. */
  async function readStream(
    messages: AsyncIterable<Uint8Array>,
    read: (message: Uint8Array) => void,
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

  function acceptBatch(bytes: Uint8Array, kind: CallKind): void {
    const { batch } = readMessage(bytes, EnvelopeBatch.decode, textFields.batch, kind);
    const encoded = splitBatch(bytes);
    for (const [i, envelope] of batch.entries()) {
      accept(envelope, encoded[i]);
    }
  }

  return {
    sender: (messages) =>
      readStream(messages, (bytes) => {
        accept(readMessage(bytes, Envelope.decode, textFields.envelope, "streaming"), bytes);
      }),
    batchSender: (messages) => readStream(messages, (bytes) => acceptBatch(bytes, "streaming")),
    async send(bytes) {
      acceptBatch(bytes, "unary");
      return new Uint8Array();
    },
  };
}

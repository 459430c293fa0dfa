import { IngressDefinition, logEnvelope } from "@loggregator/api";
import { createClient } from "nice-grpc";
import type { ClientTls } from "../src/index.js";
import { openChannel } from "./grpcClients.js";

/** Sends one envelope over a separate connection. */
export async function send(address: string, tls: Partial<ClientTls>): Promise<void> {
  const channel = openChannel(address, tls);
  try {
    const batch = [logEnvelope("hello", { sourceId: "app" })];
    await createClient(IngressDefinition, channel).send({ batch });
  } finally {
    channel.close();
  }
}

import { type Envelope, selectAll } from "@loggregator/api";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";

/** The state of the connection, as the page shows it. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "connected" }
  /** It is retried; `reason` is the reason for the last failure. */
  | { readonly state: "waiting"; readonly reason: string };

export interface Follower {
  readonly onBatch: (batch: readonly Envelope[]) => void;
  readonly onConnection: (connection: Connection) => void;
}

/** The delay after an error that the client does not retry. */
const pauseMs = 2_000;

/**
 * Reads all envelopes of the gateway behind this page's server, as long as the page is open: it
 * reconnects after any error.
 */
export async function follow({ onBatch, onConnection }: Follower): Promise<never> {
  const client = new RlpGatewayClient({
    url: location.origin,
    retry: { baseDelayMs: 200, maxDelayMs: 2_000 },
    logger: null,
  });
  void reportStatus(client, onConnection);
  for (;;) {
    try {
      for await (const batch of client.stream({ selectors: selectAll() })) {
        onBatch(batch);
      }
    } catch (error) {
      onConnection({ state: "waiting", reason: String(error) });
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function reportStatus(
  client: RlpGatewayClient,
  onConnection: (connection: Connection) => void,
): Promise<void> {
  let reason: string | undefined;
  for await (const status of client.status()) {
    if (status.type === "open") {
      reason = undefined;
      onConnection({ state: "connected" });
    } else if (status.type === "connecting" && reason === undefined) {
      onConnection({ state: "connecting" });
    } else if (status.type === "disconnected" && status.error !== undefined) {
      reason = status.error.message;
      onConnection({ state: "waiting", reason });
    }
  }
}

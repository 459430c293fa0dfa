import { type Envelope, selectAll } from "@loggregator/api";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";

/** What the page tells of its connection. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "connected" }
  /** It is tried again; `reason` says what happened to the last one. */
  | { readonly state: "waiting"; readonly reason: string };

export interface Follower {
  readonly onBatch: (batch: readonly Envelope[]) => void;
  readonly onConnection: (connection: Connection) => void;
}

/** After what no retry of the client's would mend. */
const pauseMs = 2_000;

/**
 * Follows all that the gateway behind this page's server has, for as long as the page is there: the
 * server may come back, whatever happened to it.
 */
export async function follow({ onBatch, onConnection }: Follower): Promise<never> {
  const client = new RlpGatewayClient({
    url: location.origin,
    maxRetries: Number.POSITIVE_INFINITY,
    retryBaseDelayMs: 200,
    retryMaxDelayMs: 2_000,
  });
  void tell(client, onConnection);
  for (;;) {
    try {
      for await (const batch of client.stream({ selectors: selectAll() })) onBatch(batch);
    } catch (error) {
      onConnection({ state: "waiting", reason: String(error) });
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function tell(
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

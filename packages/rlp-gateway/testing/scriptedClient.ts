import { selectLog } from "@loggregator/api";
import type { FakeGateway, GatewayConnection } from "@loggregator/testing";
import { RlpGatewayClient, type RlpGatewayClientOptions } from "../src/index.js";

/** Requests all logs. */
export const request = { selectors: [selectLog()] };

interface Retry {
  error: Error;
  attempt: number;
  delayMs: number;
}

/** Creates a client with short delays, and records the retries that it reports. */
export function clientOf(gateway: FakeGateway, options: Partial<RlpGatewayClientOptions> = {}) {
  const retries: Retry[] = [];
  const client = new RlpGatewayClient({
    url: gateway.url,
    token: "t",
    retry: { baseDelayMs: 1, maxDelayMs: 8 },
    logger: null,
    onRetryableError: (error, attempt, delayMs) => retries.push({ error, attempt, delayMs }),
    ...options,
  });
  return { client, retries, stream: client.stream(request) };
}

/** Handles each connection with one step, and all further ones with the last step. */
export function script(...steps: ((connection: GatewayConnection) => unknown)[]) {
  return (connection: GatewayConnection, index: number) =>
    steps[Math.min(index, steps.length - 1)]?.(connection);
}

/** Sends envelopes and stays connected. */
export const send = (text: string) => (connection: GatewayConnection) =>
  connection.open().send(text);

/** Answers like a gateway that refuses the token or the source ids. */
export const notFound = (connection: GatewayConnection) =>
  connection.fail(404, "not_found", "resource not found");

import { type Envelope, isLog, logEnvelope, logText } from "@loggregator/api";
import type { Emulator } from "@loggregator/emulator";
import {
  type FollowOptions,
  type FollowStream,
  LogCacheClient,
  type LogCacheClientOptions,
  type LogCacheReader,
  type LogCacheStatus,
} from "../src/index.js";

/** Options that read everything from the beginning, and poll without long delays. */
export const fastFollow = { from: 1n, settleMs: 0, pollIntervalMs: 2 };

/** The current time in nanoseconds. */
export function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

export function log(text: string | number, timestamp: bigint, sourceId = "a"): Envelope {
  return logEnvelope(`${text}`, { sourceId, timestamp, stream: "stdout" });
}

/** A client of the emulator's gateway, which needs no token. */
export function gatewayClient(
  emulator: Emulator,
  options: Partial<LogCacheClientOptions> = {},
): LogCacheClient {
  const retry = { baseDelayMs: 1, maxDelayMs: 10 };
  return new LogCacheClient({
    url: emulator.logCache.gatewayUrl,
    logger: null,
    retry,
    ...options,
  });
}

/** The texts of logs. */
export function textsOf(envelopes: readonly Envelope[]): string[] {
  return envelopes.filter(isLog).map((envelope) => logText(envelope));
}

/** The texts `0` to `count - 1`. */
export function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i}`);
}

/** Follows from the beginning until `count` envelopes have arrived. */
export async function collect(
  client: LogCacheReader,
  count: number,
  options: FollowOptions = {},
  sourceIds: readonly string[] = ["a"],
): Promise<Envelope[]> {
  const envelopes: Envelope[] = [];
  const quick = { settleMs: 0, pollIntervalMs: 2, from: 1n };
  for await (const batch of client.follow(sourceIds, { ...quick, ...options })) {
    envelopes.push(...batch);
    if (envelopes.length >= count) {
      break;
    }
  }
  return envelopes;
}

/** Reads until `count` envelopes have arrived. */
export async function take(stream: FollowStream, count: number): Promise<Envelope[]> {
  const envelopes: Envelope[] = [];
  while (envelopes.length < count) {
    const { value = [] } = await stream.next();
    envelopes.push(...value);
  }
  return envelopes;
}

/** The limit of a request. */
export function limitOf(url: string): number {
  return Number(new URL(url).searchParams.get("limit"));
}

/** Adds the statuses of a client to an array until it is closed. */
export async function watch(client: LogCacheReader, statuses: LogCacheStatus[]): Promise<void> {
  for await (const status of client.status()) {
    statuses.push(status);
  }
}

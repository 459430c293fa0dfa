import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { Starvation } from "./starvation.js";

/** The default of `maxDelayMs`, in milliseconds. A client must recover within twice this time. */
export const backoffCapMs = 2_000;

/** The time to wait for the clients of the Go library after ours have recovered, in milliseconds. */
export const goTimeoutMs = 2_500;

/** A client that is expected to recover. */
export interface RecoveringClient {
  readonly client: string;
  /** Returns the newest number that was delivered. */
  readonly newest: () => number | undefined | Promise<number | undefined>;
  /** The last number that was emitted before the end of the fault. */
  readonly last: number;
  /** Returns true if the client has stopped retrying. Default: never. */
  readonly gaveUp?: () => boolean;
}

/** The clients' recovery times in milliseconds, by name. */
export type Recoveries = ReadonlyMap<string, number>;

/**
 * Waits until all of our clients have recovered, and a limited time for those of the Go library.
 * Expects that ours took at most twice the longest delay between attempts, without the time in
 * which the machine did not run this process.
 */
export async function whenRecovered(
  clients: readonly RecoveringClient[],
  capMs = backoffCapMs,
): Promise<Recoveries> {
  const endedAt = performance.now();
  using starvation = new Starvation();
  const recoveries = new Map<string, number>();
  const look = async () => {
    for (const { client, newest, last } of clients) {
      if (!recoveries.has(client) && ((await newest()) ?? -1) > last) {
        const recoveredMs = performance.now() - endedAt;
        recoveries.set(client, recoveredMs);
        if (!isGo(client)) {
          expectInTime(client, recoveredMs, starvation.starvedMs, capMs);
        }
      }
    }
  };
  const haveRecovered = (those: readonly RecoveringClient[]) =>
    those.every(({ client, gaveUp }) => recoveries.has(client) || gaveUp?.() === true);
  const ours = clients.filter(({ client }) => !isGo(client));
  await until(`${ours.map(({ client }) => client).join(", ")} have recovered`, async () => {
    await look();
    return haveRecovered(ours);
  });
  const goEnd = performance.now() + goTimeoutMs;
  while (!haveRecovered(clients) && performance.now() < goEnd) {
    await wait(10);
    await look();
  }
  return recoveries;
}

/** Returns true for a client of the Go library. Its results are not checked. */
export function isGo(client: string): boolean {
  return client.startsWith("go ");
}

/** Expects that one of our clients has recovered in time. */
export function expectInTime(
  client: string,
  recoveredMs: number,
  starvedMs: number,
  capMs = backoffCapMs,
): void {
  const boundMs = 2 * capMs;
  if (recoveredMs > boundMs && recoveredMs - starvedMs <= boundMs) {
    console.log(
      `${client}: back after ${Math.round(recoveredMs)} ms, ${Math.round(starvedMs)} ms of which the machine was too busy to run the test`,
    );
  }
  expect(
    recoveredMs - starvedMs,
    `${client}: time to recover, without ${Math.round(starvedMs)} ms in which the machine was too busy to run the test`,
  ).toBeLessThanOrEqual(boundMs);
}

/** Polls a condition, for at most 30 s. */
export async function until(what: string, condition: () => unknown): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`expected that ${what} within 30 s`);
    }
    await wait(10);
  }
}

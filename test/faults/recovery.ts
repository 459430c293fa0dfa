import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { Starvation } from "./starvation.js";

/** The longest pause between attempts, where a test does not say; a client is to be back after twice as long. */
export const backoffCapMs = 2_000;

/** How long a client of the Go library is waited for, in milliseconds, when ours are back. */
export const goPatienceMs = 2_500;

/** A client that is to come back. */
export interface Returning {
  readonly client: string;
  /** The newest number that came through. */
  readonly newest: () => number | undefined | Promise<number | undefined>;
  /** The last number from before the end of the fault. */
  readonly last: number;
  /** Whether it will not come back. Default: never. */
  readonly gaveUp?: () => boolean;
}

/** How long clients took to come back, in milliseconds, by their name. */
export type Recoveries = ReadonlyMap<string, number>;

/**
 * Waits until all clients are back, those of the Go library not for ever, and expects that ours took
 * twice the longest pause between attempts at most: that much of the time in which the machine let
 * this process run.
 */
export async function untilBack(
  clients: readonly Returning[],
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
  const areBack = (those: readonly Returning[]) =>
    those.every(({ client, gaveUp }) => recoveries.has(client) || gaveUp?.() === true);
  const ours = clients.filter(({ client }) => !isGo(client));
  await until(`${ours.map(({ client }) => client).join(", ")} are at work again`, async () => {
    await look();
    return areBack(ours);
  });
  const goEnd = performance.now() + goPatienceMs;
  while (!areBack(clients) && performance.now() < goEnd) {
    await wait(10);
    await look();
  }
  return recoveries;
}

/** Whether a client is one of the Go library, of which nothing is expected. */
export function isGo(client: string): boolean {
  return client.startsWith("go ");
}

/** Expects that a client of ours came back in time. */
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

/** Asks again and again, for thirty seconds at most. */
export async function until(what: string, condition: () => unknown): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`expected that ${what} within 30 s`);
    }
    await wait(10);
  }
}

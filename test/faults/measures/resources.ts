import { setTimeout as wait } from "node:timers/promises";
import { collectGarbage, openHandles } from "@loggregator/testing";
import { expect } from "vitest";

/** Modules that the first test of a file loads and compiles stay in memory. */
const mostGrowthMiB = 8;

/** The resources that the process holds. */
export interface Resources {
  readonly handles: number;
  readonly heapMiB: number;
}

/** Counts sockets, processes and servers; timers of the test runner come and go. */
export function resources(): Resources {
  collectGarbage();
  return { handles: openHandles(), heapMiB: process.memoryUsage().heapUsed / 2 ** 20 };
}

/**
 * Expects that no more resources are held than before. Resources that were just closed may need a
 * moment to be released, and the heap a few garbage collections.
 */
export async function expectReleased(before: Resources): Promise<void> {
  const end = performance.now() + 5_000;
  let now = resources();
  const isReleased = () =>
    now.handles <= before.handles && now.heapMiB - before.heapMiB < mostGrowthMiB;
  while (!isReleased() && performance.now() < end) {
    await wait(100);
    now = resources();
  }
  expect(now.handles, "open handles").toBeLessThanOrEqual(before.handles);
  expect(now.heapMiB - before.heapMiB, "growth of the heap in MiB").toBeLessThan(mostGrowthMiB);
}

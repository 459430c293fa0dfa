import { linkedTimeout } from "@loggregator/core";
import type { BatchQueue } from "./batchQueue.js";

/**
 * Waits for `delayMs` milliseconds, or until the queue is closed: resolves to whether it is. To
 * false if the signal aborts.
 */
export async function closedWithin(
  queue: BatchQueue,
  delayMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const wait = linkedTimeout(delayMs, () => undefined, signal);
  const closed = await queue.whenClosed(wait.signal);
  wait.abort();
  return closed;
}

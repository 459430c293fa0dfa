import { delay, linkedTimeout } from "@loggregator/core";
import type { BatchQueue } from "../../queue/batchQueue.js";

/**
 * Waits for `delayMs` milliseconds, or until the queue is closed, as a client that is closing has
 * little time left. Resolves to whether it was closed. Aborting the signal ends the wait.
 */
export async function pause(
  queue: BatchQueue,
  delayMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (queue.closed) {
    await delay(signal, delayMs).catch(() => {});
    return false;
  }
  const wait = linkedTimeout(delayMs, () => undefined, signal);
  const closed = await queue.whenClosed(wait.signal);
  wait.abort();
  return closed;
}

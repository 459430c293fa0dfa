import { delay, linkedTimeout } from "@loggregator/core";
import type { BatchQueue } from "../../queue/batchQueue.js";

/**
 * Waits for `delayMs` milliseconds. The wait ends early if the queue is closed, because a client
 * that is closing has little time left, or if the signal aborts. Resolves to true if the queue was
 * closed.
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

import type { BatchQueue } from "./batchQueue.js";
import { eitherSignal } from "./eitherSignal.js";

/** Waits so long, or until the queue is closed: whether it is. False, too, when the signal aborts. */
export async function closedWithin(
  queue: BatchQueue,
  delayMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const over = eitherSignal(signal);
  const timer = setTimeout(() => over.abort(), delayMs);
  const closed = await queue.untilClosed(over.signal);
  clearTimeout(timer);
  over.abort();
  return closed;
}

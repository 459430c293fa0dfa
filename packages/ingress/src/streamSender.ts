import type { Backoff, Connection } from "@loggregator/transport";
import { delay, isAbortError } from "abort-controller-x";
import { ClientError, createClientFactory, Status } from "nice-grpc";
import type { Batch, BatchQueue } from "./batchQueue.js";
import { ingressCalls } from "./ingressCalls.js";

/** What a sender works with. */
export interface SenderContext {
  readonly queue: BatchQueue;
  readonly connection: Connection;
  readonly backoff: Backoff;
  /** Told of each failure that is followed by another attempt, before the wait. */
  readonly onFailure: (error: Error, delayMs: number) => void;
}

/** A stream that lived this long, in milliseconds, was no failure to connect: the next wait is a short one. */
const settledMs = 1_000;

/**
 * Sends what is due on a `BatchSender` stream, and on a new one when that breaks, until the queue
 * is closed and empty. Resolves when the server has ended the last stream as it should.
 *
 * A batch leaves the queue when the transport takes it. The stream has no acknowledgement: what
 * the transport took before the connection broke may be lost.
 *
 * @throws ClientError when the last stream broke after everything had been handed over.
 */
export async function runStreamSender(
  { queue, connection, backoff, onFailure }: SenderContext,
  signal: AbortSignal,
): Promise<void> {
  const calls = ingressCalls((batch: Batch) => {
    // An offered batch is the first one still, or was dropped since and is empty.
    if (queue.first() === batch) queue.acknowledge(queue.take() as Batch);
    return batch.bytes;
  });
  const client = createClientFactory().use(connection.middleware).create(calls, connection.channel);

  while (await queue.untilDue(signal)) {
    const begin = performance.now();
    const stream = new AbortController();
    const end = () => stream.abort();
    signal.addEventListener("abort", end, { once: true });
    try {
      await client.batchSender(offer(queue, stream.signal), { signal });
      if (isFinished(queue)) return;
      throw new ClientError(calls.batchSender.path, Status.OK, "the server ended the stream");
    } catch (error) {
      if (isAbortError(error)) throw error;
      if (isFinished(queue)) {
        if (isEnd(error)) return;
        throw error;
      }
      if (performance.now() - begin > settledMs) backoff.reset();
      const delayMs = backoff.next();
      onFailure(error as Error, delayMs);
      await delay(signal, delayMs);
    } finally {
      signal.removeEventListener("abort", end);
      stream.abort();
    }
  }
}

/** Offers the first batch that is due, and the next one when the transport has taken it. */
async function* offer(queue: BatchQueue, signal: AbortSignal): AsyncGenerator<Batch> {
  while (await queue.untilDue(signal)) {
    const batch = queue.first() as Batch;
    yield batch;
    await queue.untilNotFirst(batch, signal);
  }
}

function isFinished(queue: BatchQueue): boolean {
  return queue.closed && queue.first() === undefined;
}

/** Real servers end a stream that was half-closed with UNKNOWN and "EOF". */
function isEnd(error: unknown): boolean {
  return error instanceof ClientError && error.code === Status.UNKNOWN && error.details === "EOF";
}

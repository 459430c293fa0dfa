import { type Backoff, delay } from "@loggregator/core";
import type { Connection, OpenConnection } from "@loggregator/grpc";
import { ClientError, createClientFactory, Status } from "nice-grpc";
import type { Batch, BatchQueue } from "./batchQueue.js";
import { closedWithin } from "./closedWithin.js";
import { eitherSignal } from "./eitherSignal.js";
import { StallError } from "./errors.js";
import { batchSenderCall } from "./ingressCalls.js";

/** What a sender works with. */
export interface SenderContext {
  readonly queue: BatchQueue;
  readonly connection: Connection;
  /** Where the connection leads to, for messages. */
  readonly address: string;
  readonly backoff: Backoff;
  /** How long the server may take nothing, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** Told of each failure that is followed by another attempt, before the wait. */
  readonly onFailure: (error: Error, delayMs: number) => void;
}

/** A stream that lived this long, in milliseconds, was no failure to connect: the next wait is a short one. */
const settledMs = 1_000;

const nothing = new Uint8Array();

/**
 * Sends what is due on a `BatchSender` stream, and on a new one when that breaks, until the queue
 * is closed and empty or the signal aborts. Resolves when the server has ended the last stream as
 * it should.
 *
 * A batch leaves the queue when the transport takes it. The stream has no acknowledgement: what
 * the transport took before the connection broke may be lost.
 *
 * @throws ClientError when the last stream broke after everything had been handed over.
 */
export async function runStreamSender(
  { queue, connection, address, backoff, stallTimeoutMs, onFailure }: SenderContext,
  signal: AbortSignal,
): Promise<void> {
  // A stream's messages only say that there is something to take: the batch is chosen at the
  // moment when the transport writes it.
  let written: Batch | undefined;
  const calls = batchSenderCall((source: BatchQueue) => {
    // The transport copies what it is given before it asks for more.
    if (written !== undefined) source.recycle(written);
    written = source.take();
    if (written === undefined) return nothing;
    source.acknowledge(written);
    return written.bytes;
  });
  const client = createClientFactory().use(connection.middleware).create(calls, connection.channel);
  const { path } = calls.batchSender;

  /** Sends until the queue is done, or the connection is to be left. */
  async function send({ draining, destroy }: OpenConnection): Promise<void> {
    // That of a call before this one may not have been copied yet.
    written = undefined;
    const call = eitherSignal(signal);
    const offering = eitherSignal(call.signal, draining);
    const giveUp = () => {
      call.abort(new StallError(path, address, stallTimeoutMs));
      destroy();
    };
    let timer: NodeJS.Timeout | undefined;
    const expectProgress = () => {
      timer ??= setTimeout(giveUp, stallTimeoutMs);
    };
    const progressed = () => {
      clearTimeout(timer);
      timer = undefined;
    };

    async function* offer(): AsyncGenerator<BatchQueue> {
      while (await queue.untilDue(offering.signal)) {
        const { takes } = queue;
        yield queue;
        if (queue.takes > takes) continue;
        expectProgress();
        if (await queue.untilTaken(takes, offering.signal)) progressed();
      }
      // The stream is half-closed now, and the server is to end it.
      if (draining.aborted && !call.signal.aborted) expectProgress();
    }

    try {
      await client.batchSender(offer(), { signal: call.signal });
    } catch (error) {
      if (!isEnd(error)) throw error;
    } finally {
      progressed();
      offering.abort();
      call.abort();
    }
  }

  while (await queue.untilDue(signal)) {
    let begin = Number.POSITIVE_INFINITY;
    try {
      const open = await connection.ready(signal);
      begin = performance.now();
      await send(open);
      if (queue.finished) return;
      throw new ClientError(path, Status.UNAVAILABLE, "the server ended the stream");
    } catch (error) {
      if (signal.aborted || queue.finished) throw error;
      if (performance.now() - begin > settledMs) backoff.reset();
      const delayMs = backoff.next();
      onFailure(error as Error, delayMs);
      // What is left when the client closes has not much time: it goes out now.
      if (queue.closed) await delay(signal, delayMs);
      else await closedWithin(queue, delayMs, signal);
    }
  }
}

/** Real servers end a stream that was half-closed with UNKNOWN and "EOF". */
function isEnd(error: unknown): boolean {
  return error instanceof ClientError && error.code === Status.UNKNOWN && error.details === "EOF";
}

import { delay, linkedAbortController, StallTimer } from "@loggregator/core";
import type { ConnectionCallOptions, OpenConnection } from "@loggregator/grpc";
import { type Client, ClientError, createClientFactory, Status } from "nice-grpc";
import type { Batch } from "./batch.js";
import { closedWithin } from "./closedWithin.js";
import { StallError } from "./errors.js";
import { batchSenderCall } from "./ingressCalls.js";
import type { Sender, SenderContext } from "./sender.js";

/** A stream that lived this long, in milliseconds, was a success: the next failure is a first one. */
const settledMs = 1_000;
/** A server that did not read for this long, in milliseconds, had an outage. */
const outageMs = 1_000;

/** What the transport is given for a batch that it has not chosen yet. */
const offer = {};
const emptyBatch = new Uint8Array();

/**
 * Sends batches on a `BatchSender` stream, and on a new one when that breaks.
 *
 * A batch counts as sent when the transport takes it. The stream has no acknowledgements: what the
 * transport took before the connection broke may be lost.
 */
export class StreamSender implements Sender {
  readonly #context: SenderContext;
  readonly #client: Client<ReturnType<typeof batchSenderCall>, ConnectionCallOptions>;
  readonly #path: string;
  /** The batches that the transport took and has not sent yet, the oldest first. */
  #unsent: Batch[] = [];
  /** The number of batches that the transport took. */
  #takes = 0;
  #onTake = () => {};

  constructor(context: SenderContext) {
    this.#context = context;
    const { connection } = context;
    const calls = batchSenderCall(() => emptyBatch);
    this.#path = calls.batchSender.path;
    this.#client = createClientFactory()
      .use(connection.middleware)
      .create(calls, connection.channel);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { queue, connection } = this.#context;
    while (await queue.whenDue(signal)) {
      try {
        await this.#send(await connection.ready(signal), signal);
        if (queue.finished) return this.#settled();
        throw new ClientError(this.#path, Status.UNAVAILABLE, "the server ended the stream");
      } catch (error) {
        if (signal.aborted || queue.finished) throw error;
        await this.#retryDelay(error as Error, signal);
      }
    }
  }

  /** Sends until the queue is finished or the connection drains, and waits for the server's end. */
  async #send({ draining, destroy }: OpenConnection, signal: AbortSignal): Promise<void> {
    const { address, stallTimeoutMs } = this.#context;
    this.#unsent = [];
    const call = linkedAbortController(signal);
    const offers = linkedAbortController(call.signal, draining);
    const stall = new StallTimer(stallTimeoutMs, () => {
      call.abort(new StallError(this.#path, address, stallTimeoutMs));
      destroy();
    });
    const settled = setTimeout(() => this.#settled(), settledMs).unref();
    try {
      await this.#client.batchSender(this.#offers(offers.signal, call.signal, stall), {
        signal: call.signal,
        // A message is only an offer: the batch is chosen when the transport writes it.
        messages: { take: () => this.#take(), sent: (count) => this.#sent(count) },
      });
    } catch (error) {
      if (!isNormalEnd(error)) throw error;
    } finally {
      clearTimeout(settled);
      stall.stop();
      offers.abort();
      call.abort();
    }
  }

  async *#offers(
    signal: AbortSignal,
    call: AbortSignal,
    stall: StallTimer,
  ): AsyncGenerator<object> {
    const { queue, pacer } = this.#context;
    while (await queue.whenDue(signal)) {
      const delayMs = pacer.delayMs();
      if (delayMs > 0) {
        await delay(signal, delayMs).catch(() => {});
        continue;
      }
      const takes = this.#takes;
      yield offer;
      if (this.#takes === takes) await this.#whenTaken(signal, stall);
    }
    // The stream is half-closed now, and the server is expected to end it.
    if (!call.aborted && !queue.closed) stall.start();
  }

  /** Waits until the transport takes a batch. */
  async #whenTaken(signal: AbortSignal, stall: StallTimer): Promise<void> {
    const offeredAt = performance.now();
    stall.start();
    const taken = linkedAbortController(signal);
    this.#onTake = () => taken.abort();
    await new Promise((resolve) => taken.signal.addEventListener("abort", resolve));
    this.#onTake = () => {};
    if (signal.aborted) return;
    stall.rest();
    if (performance.now() - offeredAt > outageMs) this.#context.pacer.begin();
  }

  /** Called by the transport when it writes a message. */
  #take(): Uint8Array[] {
    const { queue, pacer } = this.#context;
    const batch = queue.take();
    this.#takes++;
    this.#onTake();
    if (batch === undefined) return [];
    queue.acknowledge();
    pacer.sent(batch.count);
    this.#unsent.push(batch);
    return [batch.bytes];
  }

  /** Called by the transport when the socket has taken batches. */
  #sent(count: number): void {
    for (const { bytes } of this.#unsent.splice(0, count)) this.#context.pool.release(bytes);
  }

  #settled(): void {
    this.#context.backoff.reset();
    this.#context.monitor.recovered();
  }

  /** @throws the error if it is not to be retried. */
  async #retryDelay(error: Error, signal: AbortSignal): Promise<void> {
    const { backoff, monitor, pacer, queue } = this.#context;
    if (backoff.exhausted) throw error;
    const delayMs = backoff.next();
    pacer.begin();
    monitor.failed(error, backoff.failures, delayMs);
    // A client that closes has little time left: it retries now.
    if (queue.closed) await delay(signal, delayMs);
    else await closedWithin(queue, delayMs, signal);
  }
}

/** Real servers end a stream that was half-closed with UNKNOWN and "EOF". */
function isNormalEnd(error: unknown): boolean {
  return error instanceof ClientError && error.code === Status.UNKNOWN && error.details === "EOF";
}

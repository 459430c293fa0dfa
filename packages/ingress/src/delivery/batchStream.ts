import { StallTimer } from "@loggregator/core";
import type { MessageSource } from "@loggregator/grpc";
import type { Batch } from "../queue/batch.js";
import { pause } from "./outage/pause.js";
import type { SenderContext } from "./sender.js";

/** The time, in milliseconds, after which a server that does not read counts as failed. */
const outageMs = 1_000;

/** The maximum number of sent bytes that are kept until the server reads the stream. */
const maxKeptBytes = 1024 * 1024;

/** A placeholder: the bytes come from `take`. */
const request = {};

type StreamContext = Pick<SenderContext, "queue" | "pool" | "pacer" | "stallTimeoutMs">;

/**
 * Supplies one stream with due batches, as many as the connection has room for. A batch is in
 * flight until its last byte has been written to the socket.
 */
export class BatchStream implements MessageSource {
  readonly #context: StreamContext;
  readonly #stall: StallTimer;
  #progressAt = 0;
  /** True while the server may still refuse the stream; sent batches are kept until then. */
  #isRefusable = true;
  #kept: Batch[] = [];
  #keptBytes = 0;

  /**
   * @param onStall Called if the server does not read, or does not end the stream, for too long.
   */
  constructor(context: StreamContext, onStall: () => void) {
    this.#context = context;
    this.#stall = new StallTimer(context.stallTimeoutMs, onStall);
  }

  /** Yields when batches may be taken, until the queue is finished or the signal aborts. */
  async *requests(signal: AbortSignal): AsyncGenerator<object> {
    const { queue, pacer } = this.#context;
    while (await queue.whenDue(signal)) {
      const delayMs = pacer.delayMs();
      if (delayMs > 0) {
        await pause(queue, delayMs, signal);
      } else {
        yield request;
      }
    }
    // The stream is half-closed now, and the server is expected to end it.
    if (!queue.closed) {
      this.#stall.start();
    }
  }

  take(roomBytes: number): readonly Uint8Array[] {
    const { queue, pacer } = this.#context;
    const messages: Uint8Array[] = [];
    for (let room = roomBytes; room > 0 && pacer.delayMs() === 0; ) {
      const batch = queue.take();
      if (batch === undefined) {
        break;
      }
      pacer.sent(batch.count);
      messages.push(batch.bytes);
      room -= batch.bytes.length;
    }
    if (messages.length > 0 && queue.inFlight === messages.length) {
      this.#progress();
    }
    return messages;
  }

  sent(count: number): void {
    const { queue, pool, pacer } = this.#context;
    if (performance.now() - this.#progressAt > outageMs) {
      pacer.begin();
    }
    for (let i = 0; i < count; i++) {
      const batch = queue.acknowledge();
      if (batch === undefined) {
        continue;
      }
      if (this.#isRefusable) {
        this.#keep(batch);
      } else {
        pool.release(batch.bytes);
      }
    }
    if (queue.inFlight > 0) {
      this.#progress();
    } else {
      this.#stall.pause();
    }
  }

  accepted(): void {
    this.#isRefusable = false;
    for (const { bytes } of this.#kept) {
      this.#context.pool.release(bytes);
    }
    this.#kept = [];
  }

  refused(): void {
    const { queue } = this.#context;
    queue.putBack();
    queue.putBackSent(this.#kept);
    this.#kept = [];
  }

  /** Call it when the stream has ended: batches in flight were not sent. */
  end(): void {
    this.#stall.stop();
    this.accepted();
    this.#context.queue.putBack();
  }

  #keep(batch: Batch): void {
    this.#kept.push(batch);
    this.#keptBytes += batch.bytes.length;
    if (this.#keptBytes > maxKeptBytes) {
      this.accepted();
    }
  }

  #progress(): void {
    this.#progressAt = performance.now();
    this.#stall.progress();
  }
}

import { DeliveryCounts } from "@loggregator/core";
import { type Batch, cutBatch } from "./batch.js";
import { BatchList } from "./batchList.js";
import type { BufferPool } from "./bufferPool.js";

/** The bounds and callbacks of a queue. */
export interface BatchQueueOptions {
  /** The maximum number of envelopes, including those in flight. */
  readonly maxQueueSize: number;
  /** The maximum size in bytes, without batches in flight. */
  readonly maxQueueBytes: number;
  /** Called with the number of envelopes dropped since the last call. Must not throw. */
  readonly onDropped: (count: number) => void;
  /** Called with each batch that was sent. Must not throw. */
  readonly onSent?: ((batch: Batch) => void) | undefined;
}

/**
 * The batches that are due, and those in flight: taken by the sender and not yet acknowledged. If
 * the bounds are exceeded, the oldest due envelopes are dropped.
 *
 * Each envelope that was pushed counts as sent, dropped or queued.
 */
export class BatchQueue {
  readonly #options: BatchQueueOptions;
  readonly #due = new BatchList();
  readonly #inFlight = new BatchList();
  readonly #counts: DeliveryCounts;

  constructor(options: BatchQueueOptions) {
    this.#options = options;
    this.#counts = new DeliveryCounts(options.onDropped);
  }

  get sent(): number {
    return this.#counts.sent;
  }

  get dropped(): number {
    return this.#counts.dropped;
  }

  /** The number of envelopes that are due or in flight. */
  get queued(): number {
    return this.#due.count + this.#inFlight.count;
  }

  /** The number of batches in flight. */
  get inFlight(): number {
    return this.#inFlight.length;
  }

  /** The number of envelopes that are due. */
  get due(): number {
    return this.#due.count;
  }

  /** The total number of envelopes that were pushed. */
  get entered(): number {
    return this.#counts.entered;
  }

  /** True if no more envelopes are accepted. */
  get closed(): boolean {
    return this.#counts.closed;
  }

  /** True if the queue is closed and empty. */
  get finished(): boolean {
    return this.closed && this.queued === 0;
  }

  /** Adds a batch. After `discard()` it is dropped. */
  push(bytes: Uint8Array, count: number): void {
    if (this.#counts.discarded) {
      this.#counts.refuse(count);
      return;
    }
    this.#due.push({ bytes, count, next: undefined });
    this.#counts.enter(count);
  }

  /** Counts an envelope that was not pushed as dropped. */
  refuse(): void {
    this.#counts.refuse(1);
  }

  /** Returns true if the queue would exceed its bounds with an open batch of this size. */
  isFullWith(count: number, bytes: number): boolean {
    const { maxQueueSize, maxQueueBytes } = this.#options;
    return this.queued + count > maxQueueSize || this.#due.bytes + bytes > maxQueueBytes;
  }

  /** Drops the oldest due envelope. Returns false if there is none. */
  dropOldest(): boolean {
    if (!this.#due.dropFirstEnvelope()) {
      return false;
    }
    this.#counts.drop(1);
    return true;
  }

  /** Resolves to true once a batch is due; to false if it closes without one, or the signal aborts. */
  async whenDue(signal: AbortSignal): Promise<boolean> {
    await this.#counts.until(() => this.#due.count > 0 || this.closed, signal);
    return this.#due.count > 0 && !signal.aborted;
  }

  /**
   * Resolves to true once everything pushed so far was sent, or dropped because of the bounds; to
   * false if the signal aborts first.
   */
  whenFlushed(signal: AbortSignal): Promise<boolean> {
    return this.#counts.whenFlushed(signal);
  }

  /**
   * Resolves to true once no more envelopes are accepted, or to false if the signal aborts first.
   */
  whenClosed(signal: AbortSignal): Promise<boolean> {
    return this.#counts.until(() => this.closed, signal);
  }

  /** Takes the oldest due batch, which is then in flight. */
  take(): Batch | undefined {
    const batch = this.#due.shift();
    if (batch !== undefined) {
      this.#inFlight.push(batch);
    }
    return batch;
  }

  /**
   * Takes the oldest due batches as one batch of up to `maxBytes` and `maxCount` envelopes, at
   * least one envelope. For a sender with one batch in flight at a time.
   *
   * @param pool Receives the memory of the joined batches, and supplies that of the group.
   */
  takeGroup(maxBytes: number, maxCount: number, pool: BufferPool): Batch | undefined {
    const first = this.#due.shift();
    if (first === undefined) {
      return undefined;
    }
    if (first.count > maxCount) {
      this.#due.unshift(cutBatch(first, Math.max(1, maxCount)));
    }
    const group = [first];
    let { count, bytes } = { count: first.count, bytes: first.bytes.length };
    for (let next = this.#due.first; next !== undefined; next = this.#due.first) {
      if (bytes + next.bytes.length > maxBytes || count + next.count > maxCount) {
        break;
      }
      bytes += next.bytes.length;
      count += next.count;
      this.#due.shift();
      group.push(next);
    }
    if (group.length === 1) {
      this.#inFlight.push(first);
      return first;
    }
    // Groups differ in size, so each buffer has the maximum size and can be reused for any group.
    const size = Math.max(bytes, maxBytes);
    const buffer = pool.acquire(size) ?? new Uint8Array(size);
    const batch = { bytes: joined(group, buffer), count, next: undefined };
    for (const { bytes } of group) {
      pool.release(bytes);
    }
    this.#inFlight.push(batch);
    return batch;
  }

  /** Marks the oldest batch in flight as sent and returns it; undefined after `discard()`. */
  acknowledge(): Batch | undefined {
    const batch = this.#inFlight.shift();
    if (batch === undefined) {
      return undefined;
    }
    this.#counts.send(batch.count);
    this.#options.onSent?.(batch);
    return batch;
  }

  /** Returns the batches in flight, which were not sent, to the front of the queue. */
  putBack(): void {
    this.#due.prepend(this.#inFlight);
    this.#counts.notify();
  }

  /**
   * Returns batches that counted as sent, but were not processed, to the front of the queue. After
   * `discard()` they are dropped.
   */
  putBackSent(batches: readonly Batch[]): void {
    for (const batch of batches.toReversed()) {
      if (!this.#counts.discarded) {
        this.#due.unshift(batch);
      }
      this.#counts.unsend(batch.count);
    }
  }

  /** Returns all but the first `count` envelopes of the oldest batch in flight to the queue. */
  putBackAllBut(count: number): void {
    const batch = this.#inFlight.shift();
    if (batch === undefined) {
      return;
    }
    if (batch.count > count) {
      this.#due.unshift(cutBatch(batch, count));
    }
    this.#inFlight.unshift(batch);
  }

  /** Drops the oldest batch in flight, which the server rejects permanently. */
  reject(): void {
    const batch = this.#inFlight.shift();
    if (batch !== undefined) {
      this.#counts.drop(batch.count);
    }
  }

  /** Accepts no more envelopes. Queued ones can still be sent. */
  close(): void {
    this.#counts.close();
  }

  /** Closes the queue, and drops everything in it. */
  discard(): void {
    const { queued } = this;
    this.#due.clear();
    this.#inFlight.clear();
    this.#counts.discard(queued);
  }
}

/** Concatenates batches: the result is the encoding of one batch with all their envelopes. */
function joined(group: readonly Batch[], buffer: Uint8Array): Uint8Array {
  let length = 0;
  for (const { bytes } of group) {
    buffer.set(bytes, length);
    length += bytes.length;
  }
  return buffer.subarray(0, length);
}

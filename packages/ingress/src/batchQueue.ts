import { EnvelopeBatchWriter } from "@loggregator/api";
import { DroppedCount } from "./droppedCount.js";

/** Bytes of an EnvelopeBatch that wait to be sent. */
export interface Batch {
  bytes: Uint8Array;
  /** How many envelopes the bytes hold. */
  count: number;
  /** The one behind it in the queue. */
  next: Batch | undefined;
}

/** How much memory of batches that were sent is kept for the next ones. */
const maxSpareBytes = 2 * 1024 * 1024;

/** Bounds of a queue. */
export interface BatchQueueOptions {
  readonly tags: Readonly<Record<string, string>>;
  readonly batchMaxSize: number;
  readonly flushIntervalMs: number;
  readonly maxQueueSize: number;
  readonly maxQueueBytes: number;
  /** A batch that grows beyond this is split; an envelope that is larger is dropped. */
  readonly maxBatchBytes: number;
  /** Told how many were dropped since it was last told. */
  readonly onDropped: (count: number) => void;
  /** Told of each batch that was sent. */
  readonly onSent?: ((batch: Batch) => void) | undefined;
}

/**
 * Envelopes between `emit…` and the connection: written into the bytes of the batch that is being
 * filled, which is due when it is full or the flush interval is over. Holds so many at most, and
 * then drops the oldest.
 *
 * Every envelope is in one of three counts: sent, dropped or queued.
 */
export class BatchQueue {
  /** Writes the batch that is being filled. Call `added()` after each envelope. */
  readonly writer: EnvelopeBatchWriter;
  readonly #options: BatchQueueOptions;
  /** The batches that are due: a list, as there may be 100,000 of them, and an array is slow to shift. */
  #oldest: Batch | undefined;
  #newest: Batch | undefined;
  #dueCount = 0;
  #dueBytes = 0;
  /** Envelopes in the batch that was taken and neither acknowledged nor put back. */
  #takenCount = 0;
  #takes = 0;
  #sent = 0;
  readonly #dropped: DroppedCount;
  /** How many envelopes entered, and how many of these were sent or dropped to make room. */
  #entered = 0;
  #left = 0;
  #writtenBytes = 0;
  readonly #spares: Uint8Array[] = [];
  #spareBytes = 0;
  #flushTimer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #waiting = new Set<() => void>();

  constructor(options: BatchQueueOptions) {
    this.#options = options;
    this.writer = new EnvelopeBatchWriter(options.tags);
    this.#dropped = new DroppedCount(options.onDropped);
  }

  get sent(): number {
    return this.#sent;
  }

  get dropped(): number {
    return this.#dropped.total;
  }

  get queued(): number {
    return this.#dueCount + this.writer.count + this.#takenCount;
  }

  /** Whether it takes no more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether it takes no more, and nothing is left. */
  get finished(): boolean {
    return this.#closed && this.queued === 0;
  }

  /** How often a batch was taken. */
  get takes(): number {
    return this.#takes;
  }

  /** Takes notice of the envelope that was just written. */
  added(): void {
    const { writer } = this;
    const { batchMaxSize, flushIntervalMs, maxBatchBytes } = this.#options;
    this.#entered++;
    if (writer.byteLength > maxBatchBytes) this.#split();
    else if (writer.count >= batchMaxSize) this.seal();
    else if (this.#flushTimer === undefined) {
      this.#flushTimer = setTimeout(() => this.seal(), flushIntervalMs);
    }
    this.#writtenBytes = writer.byteLength;
    while (this.#isOverfull() && this.#dropOldest());
  }

  /** Counts an envelope that did not enter. */
  refuse(): void {
    this.#dropped.add(1);
  }

  /** Makes the batch that is being filled due now. */
  seal(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#writtenBytes = 0;
    const { count } = this.writer;
    if (count === 0) return;
    const spare = this.#spares.pop();
    this.#spareBytes -= spare?.length ?? 0;
    this.#push(this.writer.take(spare), count);
  }

  /** Waits until a batch is due. False: nothing will be, or the signal aborted. */
  async untilDue(signal: AbortSignal): Promise<boolean> {
    await this.#until(() => this.#dueCount > 0 || this.#closed, signal);
    return this.#dueCount > 0 && !signal.aborted;
  }

  /** Waits until a batch was taken more than so often. False: the signal aborted. */
  untilTaken(takes: number, signal: AbortSignal): Promise<boolean> {
    return this.#until(() => this.#takes > takes, signal);
  }

  /** Waits until all that entered so far was sent, or dropped to make room. False: the signal aborted. */
  untilLeft(signal: AbortSignal): Promise<boolean> {
    const target = this.#entered;
    return this.#until(() => this.#left >= target, signal);
  }

  /** Waits until it takes no more. False: the signal aborted. */
  untilClosed(signal: AbortSignal): Promise<boolean> {
    return this.#until(() => this.#closed, signal);
  }

  /** Takes the oldest batch out. Its envelopes count as queued until `acknowledge` or `putBack`. */
  take(): Batch | undefined {
    this.#takes++;
    // What was due may have been dropped since: then what is not due yet will do.
    if (this.#dueCount === 0) this.seal();
    const batch = this.#shift();
    this.#takenCount += batch?.count ?? 0;
    this.#changed();
    return batch;
  }

  /** A batch that was taken has been sent. */
  acknowledge(batch: Batch): void {
    this.#takenCount -= batch.count;
    this.#sent += batch.count;
    this.#left += batch.count;
    this.#options.onSent?.(batch);
    this.#changed();
  }

  /**
   * Nobody looks at the bytes of a batch any more: the next ones are written into their memory. New
   * memory for each batch has the garbage collector at work a tenth of the time.
   */
  recycle({ bytes }: Batch): void {
    const spare = new Uint8Array(bytes.buffer);
    if (this.#spareBytes + spare.length > maxSpareBytes) return;
    this.#spares.push(spare);
    this.#spareBytes += spare.length;
  }

  /** A batch that was taken has not been sent: it is first again. */
  putBack(batch: Batch): void {
    this.#takenCount -= batch.count;
    batch.next = this.#oldest;
    this.#oldest = batch;
    this.#newest ??= batch;
    this.#dueCount += batch.count;
    this.#dueBytes += batch.bytes.length;
    this.#changed();
  }

  /** Takes no more; what is there is due now. */
  close(): void {
    this.seal();
    this.#closed = true;
    this.#dropped.close();
    this.#changed();
  }

  /** Takes no more, and drops what is there. */
  discard(): void {
    this.close();
    const count = this.#dueCount;
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#dueCount = 0;
    this.#dueBytes = 0;
    if (count > 0) this.#dropped.add(count);
    this.#changed();
  }

  #isOverfull(): boolean {
    const { maxQueueSize, maxQueueBytes } = this.#options;
    return this.queued > maxQueueSize || this.#dueBytes + this.writer.byteLength > maxQueueBytes;
  }

  #dropOldest(): boolean {
    if (this.#dueCount === 0) this.seal();
    const batch = this.#oldest;
    if (batch === undefined) return false;
    if (batch.count === 1) {
      this.#shift();
    } else {
      const length = firstEnvelopeLength(batch.bytes);
      batch.bytes = batch.bytes.subarray(length);
      batch.count--;
      this.#dueCount--;
      this.#dueBytes -= length;
    }
    this.#left++;
    this.#dropped.add(1);
    this.#changed();
    return true;
  }

  /** The envelope that was written last made the batch too large for a message: it begins the next one. */
  #split(): void {
    const before = this.#writtenBytes;
    const count = this.writer.count - 1;
    const bytes = this.writer.take();
    this.seal();
    if (count > 0) this.#push(bytes.subarray(0, before), count);
    if (bytes.length - before > this.#options.maxBatchBytes) {
      this.#entered--;
      this.#dropped.add(1);
    } else {
      // Each has its own memory, as that of the first may be used again before this one is sent.
      this.#push(bytes.slice(before), 1);
    }
  }

  #push(bytes: Uint8Array, count: number): void {
    const batch: Batch = { bytes, count, next: undefined };
    if (this.#newest === undefined) this.#oldest = batch;
    else this.#newest.next = batch;
    this.#newest = batch;
    this.#dueCount += count;
    this.#dueBytes += bytes.length;
    this.#changed();
  }

  #shift(): Batch | undefined {
    const batch = this.#oldest;
    if (batch === undefined) return undefined;
    this.#oldest = batch.next;
    if (this.#oldest === undefined) this.#newest = undefined;
    batch.next = undefined;
    this.#dueCount -= batch.count;
    this.#dueBytes -= batch.bytes.length;
    return batch;
  }

  async #until(condition: () => boolean, signal: AbortSignal): Promise<boolean> {
    while (!condition()) {
      if (signal.aborted) return false;
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener("abort", wake);
          this.#waiting.delete(wake);
          resolve();
        };
        signal.addEventListener("abort", wake);
        this.#waiting.add(wake);
      });
    }
    return true;
  }

  #changed(): void {
    for (const wake of this.#waiting) wake();
  }
}

/** How many bytes the first envelope takes, its field tag and length included. */
function firstEnvelopeLength(bytes: Uint8Array): number {
  let length = 0;
  let position = 1;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[position++] as number;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) return position + length;
  }
}

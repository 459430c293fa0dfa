import { EnvelopeBatchWriter } from "@loggregator/api";

/** Bytes of an EnvelopeBatch that wait to be sent. */
export interface Batch {
  bytes: Uint8Array;
  /** How many envelopes the bytes hold. */
  count: number;
}

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
  /** Batches that are due, oldest first. */
  readonly #due: Batch[] = [];
  #dueCount = 0;
  #dueBytes = 0;
  /** In the batch that was taken and neither acknowledged nor put back. */
  #takenCount = 0;
  #sent = 0;
  #dropped = 0;
  #untold = 0;
  /** How many entered, and how many of these left again, first in, first out. */
  #entered = 0;
  #left = 0;
  #writtenBytes = 0;
  #flushTimer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #waiting = new Set<() => void>();

  constructor(options: BatchQueueOptions) {
    this.#options = options;
    this.writer = new EnvelopeBatchWriter(options.tags);
  }

  get sent(): number {
    return this.#sent;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get queued(): number {
    return this.#dueCount + this.writer.count + this.#takenCount;
  }

  /** Whether it takes no more. */
  get closed(): boolean {
    return this.#closed;
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
    this.#drop(1);
  }

  /** Makes the batch that is being filled due now. */
  seal(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#writtenBytes = 0;
    const { count } = this.writer;
    if (count > 0) this.#push({ bytes: this.writer.take(), count });
  }

  /** Waits until a batch is due. False: the queue is closed, and nothing is left. */
  async untilDue(signal: AbortSignal): Promise<boolean> {
    await this.#until(() => this.#due.length > 0 || this.#closed, signal);
    return this.#due.length > 0;
  }

  /** Waits until `batch` is no longer the first that is due. */
  untilNotFirst(batch: Batch, signal: AbortSignal): Promise<void> {
    return this.#until(() => this.#due[0] !== batch, signal);
  }

  /** Waits until all that entered so far has left. */
  untilLeft(signal: AbortSignal): Promise<void> {
    const target = this.#entered;
    return this.#until(() => this.#left >= target, signal);
  }

  /** The first batch that is due; it stays. */
  first(): Batch | undefined {
    return this.#due[0];
  }

  /** Takes the first batch out. It counts as queued until `acknowledge` or `putBack`. */
  take(): Batch | undefined {
    const batch = this.#due.shift();
    if (batch === undefined) return undefined;
    this.#dueCount -= batch.count;
    this.#dueBytes -= batch.bytes.length;
    this.#takenCount += batch.count;
    this.#changed();
    return batch;
  }

  /** A batch that was taken has been sent. */
  acknowledge(batch: Batch): void {
    this.#takenCount -= batch.count;
    this.#sent += batch.count;
    this.#left += batch.count;
    this.#changed();
  }

  /** A batch that was taken has not been sent: it is first again. */
  putBack(batch: Batch): void {
    this.#takenCount -= batch.count;
    this.#dueCount += batch.count;
    this.#dueBytes += batch.bytes.length;
    this.#due.unshift(batch);
    this.#changed();
  }

  /** Takes no more; what is there is due now. */
  close(): void {
    this.seal();
    this.#closed = true;
    this.#changed();
  }

  /** Takes no more, and drops what is there. */
  discard(): void {
    this.close();
    const count = this.#dueCount;
    this.#due.length = 0;
    this.#dueCount = 0;
    this.#dueBytes = 0;
    this.#left += count;
    if (count > 0) this.#drop(count);
    this.#changed();
  }

  #isOverfull(): boolean {
    const { maxQueueSize, maxQueueBytes } = this.#options;
    return this.queued > maxQueueSize || this.#dueBytes + this.writer.byteLength > maxQueueBytes;
  }

  #dropOldest(): boolean {
    if (this.#due.length === 0) this.seal();
    const [batch] = this.#due;
    if (batch === undefined) return false;
    const length = firstEnvelopeLength(batch.bytes);
    batch.bytes = batch.bytes.subarray(length);
    batch.count--;
    this.#dueBytes -= length;
    this.#dueCount--;
    this.#left++;
    if (batch.count === 0) this.#due.shift();
    this.#drop(1);
    this.#changed();
    return true;
  }

  /** The envelope that was written last made the batch too large for a message: it begins the next one. */
  #split(): void {
    const before = this.#writtenBytes;
    const count = this.writer.count - 1;
    const bytes = this.writer.take();
    this.seal();
    if (count > 0) this.#push({ bytes: bytes.subarray(0, before), count });
    if (bytes.length - before > this.#options.maxBatchBytes) {
      this.#entered--;
      this.#drop(1);
    } else {
      this.#push({ bytes: bytes.subarray(before), count: 1 });
    }
  }

  #push(batch: Batch): void {
    this.#due.push(batch);
    this.#dueCount += batch.count;
    this.#dueBytes += batch.bytes.length;
    this.#changed();
  }

  /** Counts what was dropped, and tells of all that one turn of the caller's code dropped at once. */
  #drop(count: number): void {
    this.#dropped += count;
    if (this.#untold === 0) {
      queueMicrotask(() => {
        const untold = this.#untold;
        this.#untold = 0;
        this.#options.onDropped(untold);
      });
    }
    this.#untold += count;
  }

  async #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    while (!condition()) {
      signal.throwIfAborted();
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

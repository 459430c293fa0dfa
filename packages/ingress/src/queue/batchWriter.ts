import { EnvelopeBatchWriter } from "@loggregator/api";
import type { HeaderCheck } from "@loggregator/core";
import type { BatchQueue } from "./batchQueue.js";
import type { BufferPool } from "./bufferPool.js";

/**
 * The size in bytes at which a batch is full, even with few envelopes: larger ones are not faster.
 */
const fullBytes = 256 * 1024;

/** The bounds of a batch, and the settings of its envelopes. */
export interface BatchWriterOptions {
  /** Tags that are added to each envelope without a tag of that name. */
  readonly tags: Readonly<Record<string, string>>;
  /** The number of envelopes in a full batch. */
  readonly batchMaxSize: number;
  readonly flushIntervalMs: number;
  /** The size in bytes above which a batch is split. */
  readonly maxBatchBytes: number;
  /** The size in bytes above which an envelope is dropped. */
  readonly maxEnvelopeBytes: number;
  /** Called with new headers. Default: none. */
  readonly checkHeader?: HeaderCheck | undefined;
}

/**
 * Encodes envelopes into a batch, and pushes it to the queue once it is full or the flush interval
 * has passed.
 *
 * Call `begin()`, write one envelope with the writer that it returns, and call `end()`. A getter of
 * an option may emit as well, so that one envelope begins inside another: the inner one is written
 * to another writer, and pushed when the outer one has ended.
 */
export class BatchWriter {
  readonly #options: BatchWriterOptions;
  readonly #queue: BatchQueue;
  readonly #pool: BufferPool;
  readonly #open: EnvelopeBatchWriter;
  /** The length of the open batch before the current envelope. */
  #bytesBefore = 0;
  /** The number of envelopes in the open batch before the current one. */
  #countBefore = 0;
  /** The number of envelopes that have begun and not ended. */
  #depth = 0;
  /** The writers of envelopes that ended inside another envelope. */
  #inner: EnvelopeBatchWriter[] = [];
  #sealLater = false;
  /** Restarted for each batch, which costs less than a new timer. */
  #flushTimer: NodeJS.Timeout | undefined;

  /** @throws OptionTypeError if `tags` is not an object of strings. */
  constructor(options: BatchWriterOptions, queue: BatchQueue, pool: BufferPool) {
    this.#options = options;
    this.#queue = queue;
    this.#pool = pool;
    this.#open = new EnvelopeBatchWriter(options.tags, options.checkHeader);
  }

  /** The number of envelopes that are not pushed yet. */
  get count(): number {
    return this.#open.count + this.#inner.length;
  }

  /** Returns the writer for one envelope. */
  begin(): EnvelopeBatchWriter {
    if (this.#depth++ === 0) {
      return this.#open;
    }
    const { tags, checkHeader } = this.#options;
    return new EnvelopeBatchWriter(tags, checkHeader);
  }

  /**
   * Ends an envelope. Call it after writing, even if that threw: the writer then contains one more
   * envelope, or as many as before.
   */
  end(writer: EnvelopeBatchWriter): void {
    if (--this.#depth > 0) {
      if (writer.count > 0) {
        this.#inner.push(writer);
      }
      return;
    }
    if (writer.count > this.#countBefore) {
      this.#added();
    }
    if (this.#inner.length > 0 || this.#sealLater) {
      this.#addInner();
    }
  }

  /** Pushes the open batch now. */
  seal(): void {
    if (this.#depth > 0) {
      this.#sealLater = true;
      return;
    }
    this.#bytesBefore = 0;
    this.#countBefore = 0;
    const { count, byteLength } = this.#open;
    if (count > 0) {
      this.#queue.push(this.#open.take(this.#pool.acquire(byteLength)), count);
    }
  }

  /** Pushes the open batch; no more envelopes may begin. */
  close(): void {
    this.seal();
    clearTimeout(this.#flushTimer);
  }

  /**
   * Pushes the envelopes that were written inside another one, each as a batch, in the order in
   * which they ended.
   */
  #addInner(): void {
    const inner = this.#inner;
    this.#inner = [];
    const sealNow = this.#sealLater || inner.length > 0;
    this.#sealLater = false;
    if (sealNow) {
      this.seal();
    }
    for (const writer of inner) {
      this.#pushEnvelope(writer.take());
    }
    this.#makeRoom();
  }

  /** Checks the bounds after an envelope was added to the open batch. */
  #added(): void {
    const { count, byteLength } = this.#open;
    const { batchMaxSize, maxBatchBytes, maxEnvelopeBytes } = this.#options;
    if (byteLength > maxBatchBytes || byteLength - this.#bytesBefore > maxEnvelopeBytes) {
      this.#split();
    } else if (count >= batchMaxSize || byteLength >= fullBytes) {
      this.seal();
    } else {
      if (this.#countBefore === 0) {
        this.#startFlushTimer();
      }
      this.#bytesBefore = byteLength;
      this.#countBefore = count;
    }
    this.#makeRoom();
  }

  #startFlushTimer(): void {
    this.#flushTimer?.refresh();
    this.#flushTimer ??= setTimeout(() => this.seal(), this.#options.flushIntervalMs);
  }

  #makeRoom(): void {
    while (this.#queue.isFullWith(this.#open.count, this.#open.byteLength)) {
      if (this.#queue.due === 0) {
        this.seal();
      }
      if (!this.#queue.dropOldest()) {
        return;
      }
    }
  }

  /** Moves the last envelope, which made the batch too large, to a separate batch, or drops it. */
  #split(): void {
    const before = this.#bytesBefore;
    const count = this.#open.count - 1;
    const bytes = this.#open.take();
    this.seal();
    if (count > 0) {
      this.#queue.push(bytes.subarray(0, before), count);
    }
    // Copied, because the memory of the first part may be reused before this one is sent.
    this.#pushEnvelope(count > 0 ? bytes.slice(before) : bytes);
  }

  #pushEnvelope(bytes: Uint8Array): void {
    if (bytes.length > this.#options.maxEnvelopeBytes) {
      this.#queue.refuse();
    } else {
      this.#queue.push(bytes, 1);
    }
  }
}

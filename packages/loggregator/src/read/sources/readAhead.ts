import type { Envelope } from "@loggregator/api";
import { type LinkedAbortController, linkedAbortController } from "@loggregator/core";
import { envelopeSize } from "../../text/envelopeSize.js";

/** The default limit of the buffer in bytes: more than a burst of 200,000 log lines. */
const defaultMaxBytes = 192 * 1024 * 1024;

/** Small batches are joined up to this number of envelopes. */
const batchSize = 100;

export interface ReadAheadOptions {
  /** Ends reading; buffered batches are discarded. */
  readonly signal: AbortSignal;
  readonly maxBytes?: number | undefined;
  /** Called with the number of envelopes that were dropped. */
  readonly onDropped: (count: number) => void;
}

interface BufferedBatch {
  readonly envelopes: Envelope[];
  bytes: number;
}

/**
 * Reads a stream without waiting for its consumer.
 *
 * A server silently drops envelopes of a slow reader. This buffer drops the oldest ones if the
 * consumer falls behind by more than the limit, and counts them.
 */
export class ReadAhead implements AsyncIterable<Envelope[]> {
  readonly #open: (signal: AbortSignal) => AsyncIterable<Envelope[]>;
  readonly #maxBytes: number;
  readonly #onDropped: (count: number) => void;
  readonly #reading: LinkedAbortController;
  readonly #batches: BufferedBatch[] = [];
  #bytes = 0;
  #ended = false;
  #wake = () => {};

  /** @param open Opens the stream, which ends when its signal aborts. */
  constructor(
    open: (signal: AbortSignal) => AsyncIterable<Envelope[]>,
    { signal, maxBytes = defaultMaxBytes, onDropped }: ReadAheadOptions,
  ) {
    this.#open = open;
    this.#maxBytes = maxBytes;
    this.#onDropped = onDropped;
    this.#reading = linkedAbortController(signal);
  }

  /** Yields the batches. Throws the stream's error after the preceding batches. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Envelope[], void, undefined> {
    const { signal } = this.#reading;
    const reading = this.#read();
    // It is awaited below, once all batches have been taken.
    reading.catch(() => {});
    try {
      while (!signal.aborted) {
        const batch = this.#shift();
        if (batch.length > 0) {
          yield batch;
        } else if (this.#ended) {
          break;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#reading.abort();
      await reading;
    }
  }

  async #read(): Promise<void> {
    try {
      for await (const batch of this.#open(this.#reading.signal)) {
        this.#push(batch);
        this.#wake();
      }
    } finally {
      this.#ended = true;
      this.#wake();
    }
  }

  #push(envelopes: Envelope[]): void {
    const bytes = envelopes.reduce((sum, envelope) => sum + envelopeSize(envelope), 0);
    const last = this.#batches.at(-1);
    if (last !== undefined && last.envelopes.length + envelopes.length <= batchSize) {
      last.envelopes.push(...envelopes);
      last.bytes += bytes;
    } else {
      this.#batches.push({ envelopes, bytes });
    }
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes && this.#batches.length > 1) {
      this.#onDropped(this.#shift().length);
    }
  }

  #shift(): Envelope[] {
    const batch = this.#batches.shift();
    this.#bytes -= batch?.bytes ?? 0;
    return batch?.envelopes ?? [];
  }
}

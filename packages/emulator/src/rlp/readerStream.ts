import { onAbort } from "@loggregator/core";
import { LapseBatcher } from "../batching/lapseBatcher.js";
import { RouterBuffer } from "../router/routerBuffer.js";
import type { EncodedEnvelope } from "../wire/encodedEnvelope.js";
import type { BufferBudget } from "./bufferBudget.js";
import { EnvelopeQueue } from "./envelopeQueue.js";

const batchSize = 100;
const intervalMs = 100;

/** The parts of one reader's stream. */
export interface ReaderStreamOptions {
  /** In envelopes. */
  readonly bufferSize: number;
  readonly budget: BufferBudget;
  /** Whether the router's batch for the stream is modelled: a stream that is closed loses it. */
  readonly hasRouterBatch: boolean;
  /** Called with the number of envelopes that are lost, and the reason. */
  readonly onDropped: (count: number, reason: string) => void;
}

/** One reader's stream: the envelopes between the router and the reader. */
export interface ReaderStream {
  /** @param time The arrival time of the envelope at the router, as of `performance.now`. */
  push(envelope: EncodedEnvelope, time: number): void;
  /** Resolves to the next batch. Empty if there is none before the signal aborts. */
  nextBatch(signal: AbortSignal): Promise<EncodedEnvelope[]>;
  /**
   * Resolves to the envelopes that can be sent one by one now. Empty if the signal aborts first.
   */
  nextEnvelopes(signal: AbortSignal): Promise<EncodedEnvelope[]>;
  /** Removes and returns all buffered envelopes. */
  takeAll(): EncodedEnvelope[];
  /** Drops all buffered envelopes. */
  close(): void;
}

/**
 * Loses only envelopes that do not fit into the buffer, and sends full batches as soon as possible.
 */
export class KindStream implements ReaderStream {
  readonly #queue: EnvelopeQueue;
  readonly #options: ReaderStreamOptions;

  constructor(options: ReaderStreamOptions) {
    this.#queue = new EnvelopeQueue(options.bufferSize, options.budget);
    this.#options = options;
  }

  push(envelope: EncodedEnvelope): void {
    if (!this.#queue.push(envelope)) {
      this.#options.onDropped(1, tooSlow(this.#queue));
    }
  }

  async nextBatch(signal: AbortSignal): Promise<EncodedEnvelope[]> {
    await this.#queue.wait(1, signal);
    await this.#queue.wait(batchSize, signal, intervalMs);
    return this.#queue.take(batchSize);
  }

  async nextEnvelopes(signal: AbortSignal): Promise<EncodedEnvelope[]> {
    await this.#queue.wait(1, signal);
    return this.#queue.take(batchSize);
  }

  takeAll(): EncodedEnvelope[] {
    return this.#queue.take(this.#queue.length);
  }

  close(): void {
    this.#queue.clear();
  }
}

interface Arrival {
  readonly envelope: EncodedEnvelope;
  readonly time: number;
}

/** Loses and batches as router and RLP do. */
export class StrictStream implements ReaderStream {
  readonly #queue: EnvelopeQueue;
  readonly #router: RouterBuffer<Arrival>;
  readonly #routerBatcher: LapseBatcher<EncodedEnvelope>;
  readonly #batcher: LapseBatcher<undefined>;
  /** The sizes of the batches that the queue begins with. */
  readonly #batches: number[] = [];
  #wake: (() => void) | undefined;

  constructor(options: ReaderStreamOptions) {
    const { bufferSize, budget, hasRouterBatch, onDropped } = options;
    const queue = new EnvelopeQueue(bufferSize, budget);
    this.#queue = queue;
    this.#batcher = new LapseBatcher(batchSize, intervalMs, intervalMs, ({ length }) => {
      this.#batches.push(length);
      this.#wake?.();
    });
    const receive = (envelope: EncodedEnvelope, time: number) => {
      if (queue.push(envelope)) {
        this.#batcher.add(undefined, time);
      } else {
        onDropped(1, tooSlow(queue));
      }
    };
    this.#routerBatcher = new LapseBatcher(batchSize, intervalMs, intervalMs, (batch, time) => {
      for (const envelope of batch) {
        receive(envelope, time);
      }
    });
    this.#router = new RouterBuffer<Arrival>(
      ({ envelope, time }) => {
        if (hasRouterBatch) {
          this.#routerBatcher.add(envelope, time);
        } else {
          receive(envelope, time);
        }
      },
      (count) => onDropped(count, "more arrived at once than a real router buffers"),
    );
  }

  push(envelope: EncodedEnvelope, time: number): void {
    this.#router.push({ envelope, time }, time);
  }

  async nextBatch(signal: AbortSignal): Promise<EncodedEnvelope[]> {
    while (this.#batches.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const unlink = onAbort(signal, () => this.#wake?.());
        this.#wake = () => {
          this.#wake = undefined;
          unlink();
          resolve();
        };
      });
    }
    return this.#queue.take(this.#batches.shift() ?? 0);
  }

  async nextEnvelopes(signal: AbortSignal): Promise<EncodedEnvelope[]> {
    await this.#queue.wait(1, signal);
    return this.#queue.take(batchSize);
  }

  takeAll(): EncodedEnvelope[] {
    this.#batches.length = 0;
    this.#batcher.clear();
    return [...this.#queue.take(this.#queue.length), ...this.#routerBatcher.clear()];
  }

  close(): void {
    this.#router.close();
    this.#routerBatcher.clear();
    this.#batcher.clear();
    this.#queue.clear();
  }
}

function tooSlow({ length }: EnvelopeQueue): string {
  return `it reads too slowly, and its buffer is full (envelopes: ${length})`;
}

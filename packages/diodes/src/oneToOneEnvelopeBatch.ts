import type { Envelope } from "@loggregator/api";
import { formatValue, OptionTypeError } from "@loggregator/core";
import { dropReporter, type OnDropped, type WakingDiode } from "./diode.js";
import { OneToOne } from "./oneToOne.js";

/** A batch, and the number of envelopes set before it: a gap means that envelopes were dropped. */
interface NumberedBatch {
  readonly batch: Envelope[];
  readonly length: number;
  readonly before: number;
}

/**
 * A `OneToOne` of envelope batches, between a stream and its reader. `size` is in batches; `dropped`
 * and `onDropped` count envelopes.
 */
export class OneToOneEnvelopeBatch implements WakingDiode<Envelope[]> {
  readonly #diode: OneToOne<NumberedBatch>;
  readonly #onDropped: (count: number) => void;
  #set = 0;
  #read = 0;
  #dropped = 0;

  /**
   * @param size The capacity in batches.
   * @param onDropped Called with the number of envelopes that were overwritten unread.
   * @throws RangeError if `size` is not a positive integer; TypeError if `size` is not a number or
   * `onDropped` is not a function.
   */
  constructor(size: number, onDropped?: OnDropped) {
    this.#diode = new OneToOne(size);
    this.#onDropped = dropReporter(onDropped);
  }

  /** The number of envelopes that were overwritten before they were read, as detected by the reader. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Adds a batch. If the diode is full, the oldest one is overwritten.
   *
   * @throws OptionTypeError if it is not an array.
   */
  set(batch: Envelope[]): void {
    if (!Array.isArray(batch)) {
      throw new OptionTypeError("batch", "an array of envelopes", formatValue(batch));
    }
    const { length } = batch;
    const before = this.#set;
    this.#set += length;
    this.#diode.set({ batch, length, before });
  }

  tryNext(): Envelope[] | undefined {
    const next = this.#diode.tryNext();
    if (next === undefined) {
      return undefined;
    }
    const missed = next.before - this.#read;
    this.#read = next.before + next.length;
    if (missed > 0) {
      this.#dropped += missed;
      this.#onDropped(missed);
    }
    return next.batch;
  }

  onceSet(wake: () => void): () => void {
    return this.#diode.onceSet(wake);
  }
}

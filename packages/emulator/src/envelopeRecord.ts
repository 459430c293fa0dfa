import { Envelope } from "@loggregator/api";
import { EmulatorClosedError, EmulatorTimeoutError } from "./errors.js";
import { checkPredicate } from "./predicate.js";
import type { StatsBoard } from "./stats.js";
import type { WaitingRoom, WaitOptions } from "./waitingRoom.js";

/** The number of received envelopes that are kept. */
const maxEnvelopes = 10_000;
/** The size of the encoded envelopes that are kept, in bytes. */
const maxBytes = 16 * 1024 * 1024;

/** Keeps the latest received envelopes for tests. Bounded in envelopes and in bytes. */
export class EnvelopeRecord {
  readonly #waiting: WaitingRoom;
  readonly #stats: StatsBoard;
  /** Encoded, to save memory: most are never read. */
  #entries: Uint8Array[] = [];
  readonly #decoded = new WeakMap<Uint8Array, Envelope>();
  readonly #returned = new WeakSet<Uint8Array>();
  /** The index of the first entry that is kept. */
  #first = 0;
  /** The index of the first entry that `next` may not have returned. */
  #unreturned = 0;
  #bytes = 0;

  constructor(waiting: WaitingRoom, stats: StatsBoard) {
    this.#waiting = waiting;
    this.#stats = stats;
  }

  /** @param bytes An encoded envelope that does not share memory. */
  add(bytes: Uint8Array): void {
    this.#entries.push(bytes);
    this.#bytes += bytes.length;
    while (
      this.#entries.length - this.#first > maxEnvelopes ||
      (this.#bytes > maxBytes && this.#entries.length - this.#first > 1)
    ) {
      this.#bytes -= (this.#entries[this.#first] as Uint8Array).length;
      this.#first += 1;
    }
    if (this.#first > maxEnvelopes) {
      this.#entries = this.#entries.slice(this.#first);
      this.#unreturned = Math.max(0, this.#unreturned - this.#first);
      this.#first = 0;
    }
  }

  envelopes(): Envelope[] {
    return this.#entries.slice(this.#first).map((bytes) => this.#decode(bytes));
  }

  /** Resolves to the oldest kept envelope that the guard accepts and `next` has not returned yet. */
  async next(
    guard: (envelope: Envelope) => boolean,
    options: WaitOptions | undefined,
  ): Promise<Envelope> {
    const accepts = checkPredicate("guard", guard);
    // The guard is called only once per rejected envelope.
    let checked: Uint8Array | undefined;
    return this.#waiting.wait<Envelope>(
      {
        check: () => {
          const from = Math.max(this.#first, this.#unreturned);
          const at = checked === undefined ? -1 : this.#entries.lastIndexOf(checked);
          for (let i = Math.max(from, at + 1); i < this.#entries.length; i += 1) {
            const bytes = this.#entries[i] as Uint8Array;
            checked = bytes;
            if (!this.#returned.has(bytes) && accepts(this.#decode(bytes))) {
              return () => this.#return(bytes);
            }
          }
          return undefined;
        },
        timedOut: (timeoutMs) =>
          new EmulatorTimeoutError(
            `next() timed out after ${timeoutMs} ms: ${this.#received()}`,
            this.#stats.snapshot,
          ),
        closed: () =>
          new EmulatorClosedError(`the emulator was closed during next(): ${this.#received()}`),
      },
      options,
    );
  }

  #return(bytes: Uint8Array): Envelope {
    this.#returned.add(bytes);
    let first = this.#entries[this.#unreturned];
    while (first !== undefined && this.#returned.has(first)) {
      this.#unreturned += 1;
      first = this.#entries[this.#unreturned];
    }
    return this.#decode(bytes);
  }

  #decode(bytes: Uint8Array): Envelope {
    let envelope = this.#decoded.get(bytes);
    if (envelope === undefined) {
      envelope = Envelope.decode(bytes);
      this.#decoded.set(bytes, envelope);
    }
    return envelope;
  }

  #received(): string {
    const { received } = this.#stats.snapshot;
    const envelopes = received === 1 ? "1 envelope was" : `${received} envelopes were`;
    return `${envelopes} received, and the guard accepts none that next() has not returned`;
  }
}

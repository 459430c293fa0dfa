import type { Envelope } from "@loggregator/api";
import { EnvelopeRing } from "./envelopeRing.js";

/** The number of envelopes that are kept for pages that open or reload later, or that are slow. */
const maxEnvelopes = 20_000;
const maxBytes = 64 * 1024 * 1024;

/** The state of the connection to the source; `reason` is the reason for the last failure. */
export type SourceState =
  | { readonly state: "connected" }
  | { readonly state: "waiting"; readonly reason: string };

/**
 * Distributes the envelopes of one source to all open pages, and keeps the newest 20,000 of them, up
 * to 64 MiB. Each page reads at its own speed: see `PageStream`.
 */
export class EnvelopeHub {
  readonly envelopes = new EnvelopeRing(maxEnvelopes, maxBytes);
  readonly #listeners = new Set<() => void>();
  #state: SourceState = { state: "connected" };

  get state(): SourceState {
    return this.#state;
  }

  set state(state: SourceState) {
    this.#state = state;
    this.#notify();
  }

  /** Adds an envelope of the source. */
  readonly add = (envelope: Envelope): void => {
    this.envelopes.push(envelope);
    this.#notify();
  };

  /** Adds the envelopes of a batch. */
  addBatch(batch: readonly Envelope[]): void {
    for (const envelope of batch) {
      this.envelopes.push(envelope);
    }
    this.#notify();
  }

  /**
   * Calls the listener after each change.
   *
   * @returns a function that stops this.
   */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #notify(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

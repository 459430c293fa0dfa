import { EmulatorClosedError } from "./errors.js";

/** What an emulator has done so far, and what it is doing. */
export interface EmulatorStats {
  /** Envelopes that came in, in whatever way. */
  readonly received: number;
  /** Those of them that came as v1 datagrams. */
  readonly v1Received: number;
  /** Datagrams that did not parse, or that were lost by a fault. */
  readonly v1Dropped: number;
  /** Envelopes handed to egress streams; one that goes to two streams counts twice. */
  readonly delivered: number;
  /** Envelopes that slow egress streams lost. */
  readonly dropped: number;
  /** Ingress streams open now. */
  readonly ingressStreams: number;
  /** Egress streams open now, those of the gateway among them. */
  readonly egressStreams: number;
  /** Streams of the gateway open now. */
  readonly gatewayStreams: number;
}

/** Counts, and wakes those who wait for a count. */
export class StatsBoard {
  readonly #counts = {
    received: 0,
    v1Received: 0,
    v1Dropped: 0,
    delivered: 0,
    dropped: 0,
    ingressStreams: 0,
    egressStreams: 0,
    gatewayStreams: 0,
  };
  readonly #waiting = new Set<() => void>();
  #closed = false;

  get snapshot(): EmulatorStats {
    return { ...this.#counts };
  }

  get egressStreams(): number {
    return this.#counts.egressStreams;
  }

  add(count: keyof EmulatorStats, by: number): void {
    this.#counts[count] += by;
    for (const check of this.#waiting) {
      check();
    }
  }

  /** Resolves once the counts are such; rejects when the signal aborts, or when it is closed first. */
  until(predicate: (stats: EmulatorStats) => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        try {
          signal?.throwIfAborted();
          if (predicate(this.snapshot)) {
            resolve();
          } else if (this.#closed) {
            throw new EmulatorClosedError(
              `the emulator was closed before its stats were as awaited; they ended as ${JSON.stringify(this.#counts)}`,
            );
          } else {
            return;
          }
        } catch (error) {
          reject(error);
        }
        this.#waiting.delete(check);
        signal?.removeEventListener("abort", check);
      };
      this.#waiting.add(check);
      signal?.addEventListener("abort", check);
      check();
    });
  }

  close(): void {
    this.#closed = true;
    for (const check of this.#waiting) {
      check();
    }
  }
}

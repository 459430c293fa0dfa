import { EmulatorClosedError, EmulatorTimeoutError } from "../errors.js";
import { checkPredicate } from "./checkPredicate.js";
import type { PendingWaits, WaitOptions } from "./pendingWaits.js";

/** The counts of an emulator since its start, and its open streams. */
export interface EmulatorStats {
  /** Envelopes received by any path. */
  readonly received: number;
  /** Received envelopes that were v1 datagrams. */
  readonly v1Received: number;
  /** Datagrams that were not v1 envelopes, or were lost by a fault. */
  readonly v1Dropped: number;
  /** Log records, data points and spans received over OTLP. */
  readonly otlpReceived: number;
  /** Envelopes sent to readers; one that is sent on two streams counts twice. */
  readonly delivered: number;
  /** Envelopes lost on the way to readers, because they read too slowly or a component was stopped. */
  readonly dropped: number;
  /** Ingress streams open now. */
  readonly ingressStreams: number;
  /** Egress streams open now, those of the gateway included. */
  readonly egressStreams: number;
  /** Streams of the gateway open now. */
  readonly gatewayStreams: number;
}

/** Maintains the counts and the waits for them. */
export class StatsBoard {
  readonly #waiting: PendingWaits;
  readonly #counts = {
    received: 0,
    v1Received: 0,
    v1Dropped: 0,
    otlpReceived: 0,
    delivered: 0,
    dropped: 0,
    ingressStreams: 0,
    egressStreams: 0,
    gatewayStreams: 0,
  };

  constructor(waiting: PendingWaits) {
    this.#waiting = waiting;
  }

  get snapshot(): EmulatorStats {
    return { ...this.#counts };
  }

  get egressStreams(): number {
    return this.#counts.egressStreams;
  }

  add(count: keyof EmulatorStats, by: number): void {
    this.#counts[count] += by;
    this.#waiting.notify();
  }

  /** Sets the counts to 0, except those of open streams. */
  reset(): void {
    const { ingressStreams, egressStreams, gatewayStreams } = this.#counts;
    for (const count of Object.keys(this.#counts) as (keyof EmulatorStats)[]) {
      this.#counts[count] = 0;
    }
    Object.assign(this.#counts, { ingressStreams, egressStreams, gatewayStreams });
    this.#waiting.notify();
  }

  /** Resolves once the predicate holds. */
  async until(
    predicate: (stats: EmulatorStats) => boolean,
    options: WaitOptions | undefined,
  ): Promise<void> {
    const holds = checkPredicate("predicate", predicate);
    await this.#waiting.wait(
      {
        check: () => (holds(this.snapshot) ? () => undefined : undefined),
        timedOut: (timeoutMs) =>
          new EmulatorTimeoutError(
            `until() timed out after ${timeoutMs} ms; the stats are ${JSON.stringify(this.#counts)}`,
            this.snapshot,
          ),
        closed: () =>
          new EmulatorClosedError(
            `the emulator was closed before the condition of until() held; the stats are ${JSON.stringify(this.#counts)}`,
          ),
      },
      options,
    );
  }
}

import type { Envelope } from "@loggregator/api";
import { earlier } from "../../client/times.js";
import type { ClockWindow } from "../clock/clockWindow.js";
import type { SourceClock } from "../clock/sourceClock.js";
import type { SourceCheckpoint } from "../followCheckpoint.js";
import type { Page } from "../pageReader.js";
import { envelopeIdentity } from "./envelopeIdentity.js";
import { SeenEnvelopes } from "./seenEnvelopes.js";

/** An envelope that is held back, and the time when it was read. */
export interface HeldEnvelope {
  readonly timestamp: bigint;
  readonly envelope: Envelope;
  readonly identity: number;
  readonly readAt: number;
  /** Whether it is older than the overlap window, see `ClockWindow`. */
  readonly isBehind: boolean;
}

/** The envelopes that were read from a source and may be read again, or are held back. */
export class SourceEnvelopes {
  readonly seen = new SeenEnvelopes();
  readonly #clock: SourceClock;
  readonly #clockWindow: ClockWindow;
  readonly #repeated: (count: number) => void;
  #held: HeldEnvelope[] = [];

  /**
   * @param clock Records the new envelopes, as `clockWindow` does.
   * @param repeated Called when envelopes were read again and omitted.
   */
  constructor(clock: SourceClock, clockWindow: ClockWindow, repeated: (count: number) => void) {
    this.#clock = clock;
    this.#clockWindow = clockWindow;
    this.#repeated = repeated;
  }

  /** Envelopes that have been read and not been yielded. */
  get held(): readonly HeldEnvelope[] {
    return this.#held;
  }

  /** Marks the envelopes of a checkpoint as read. */
  restore(checkpoint: SourceCheckpoint | undefined): void {
    for (const [time, identity, copies] of checkpoint?.seen ?? []) {
      this.seen.restore(BigInt(time), identity, copies);
    }
  }

  /**
   * Holds the envelopes of a page that were not read before. Returns the number of envelopes that
   * were.
   */
  add({ envelopes, readAt }: Page): number {
    let repeated = 0;
    this.seen.beginPage();
    for (const envelope of envelopes) {
      const identity = envelopeIdentity(envelope);
      if (this.seen.add(envelope.timestamp, identity)) {
        this.#hold(envelope, identity, readAt, false);
      } else {
        repeated++;
      }
    }
    this.#repeated(repeated);
    return repeated;
  }

  /** Holds the envelopes of a page around the server's clock. */
  addAroundClock({ envelopes, readAt }: Page): void {
    const { end } = this.#clockWindow;
    let repeated = 0;
    this.seen.beginPage();
    for (const envelope of envelopes) {
      const { timestamp } = envelope;
      // Log-cache may return some that are later than the end.
      if (timestamp >= end) {
        continue;
      }
      const identity = envelopeIdentity(envelope);
      if (!this.seen.add(timestamp, identity)) {
        repeated++;
      } else if (this.#clockWindow.isNew(timestamp, identity)) {
        this.#hold(envelope, identity, readAt, true);
      }
    }
    this.#repeated(repeated);
  }

  /** Takes the envelopes that are due. */
  take(isDue: (held: HeldEnvelope) => boolean): HeldEnvelope[] {
    const taken: HeldEnvelope[] = [];
    const rest: HeldEnvelope[] = [];
    for (const held of this.#held) {
      (isDue(held) ? taken : rest).push(held);
    }
    this.#held = rest;
    return taken;
  }

  /**
   * Removes envelopes that are not read again.
   *
   * @param from The time before which no further page starts, except around the clock.
   */
  prune(from: bigint): void {
    const keepFrom = this.#keepFrom(from);
    this.seen.prune((time) => time >= keepFrom || this.#clockWindow.contains(time));
  }

  /** Returns the checkpoint of the yielded envelopes, with the parameter of `prune`. */
  checkpoint(from: bigint): SourceCheckpoint {
    const heldCopies = new Map<number, number>();
    for (const { identity } of this.#held) {
      heldCopies.set(identity, (heldCopies.get(identity) ?? 0) + 1);
    }
    const keepFrom = this.#keepFrom(from);
    const seen: [string, number, number][] = [];
    for (const { timestamp, identity, copies } of this.seen) {
      const yielded = copies - (heldCopies.get(identity) ?? 0);
      if (yielded > 0 && timestamp >= keepFrom) {
        seen.push([`${timestamp}`, identity, yielded]);
      }
    }
    return { from: `${keepFrom}`, seen };
  }

  #hold(envelope: Envelope, identity: number, readAt: number, isBehind: boolean): void {
    const { timestamp } = envelope;
    this.#held.push({ timestamp, envelope, identity, readAt, isBehind });
    this.#clock.note(timestamp, readAt);
    this.#clockWindow.note(identity);
  }

  /** Returns `from`, or the time of the oldest envelope that is held back. */
  #keepFrom(from: bigint): bigint {
    let keepFrom = from;
    for (const { timestamp, isBehind } of this.#held) {
      keepFrom = isBehind ? keepFrom : earlier(keepFrom, timestamp);
    }
    return keepFrom;
  }
}

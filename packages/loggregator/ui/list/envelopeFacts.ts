import type { Envelope } from "@loggregator/api";
import { isStderr, lineOf } from "../../src/text/envelopeText.js";
import { isAtLeast, levelOf } from "../../src/text/level.js";

/** The part of a log in which its level is searched, in bytes. */
const maxBytes = 400;

/** Times and errors of the kept envelopes for the timeline, by number: see `EnvelopeRing`. */
export class EnvelopeFacts {
  readonly #times: Float64Array;
  readonly #errors: Uint8Array;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#errors = new Uint8Array(capacity);
  }

  /** Sets the facts of the envelope with a number. */
  set(number: number, envelope: Envelope): void {
    const place = number % this.#times.length;
    this.#times[place] = millisecondsOf(envelope.timestamp);
    this.#errors[place] = isError(envelope) ? 1 : 0;
  }

  /** The time of an envelope, in milliseconds since the UNIX epoch. */
  timeOf(number: number): number {
    return this.#times[number % this.#times.length] ?? 0;
  }

  /** Whether it is an error: see `isError`. */
  isError(number: number): boolean {
    return this.#errors[number % this.#errors.length] === 1;
  }
}

/** Milliseconds since the UNIX epoch. */
export function millisecondsOf(timestamp: bigint): number {
  return Number(timestamp) / 1e6;
}

/** Whether it is a log of level error, a log without a level on stderr, or a request with status 5xx. */
export function isError(envelope: Envelope): boolean {
  switch (envelope.message?.$case) {
    case "log": {
      const level = levelOf(lineOf(envelope, maxBytes).text);
      return level === undefined ? isStderr(envelope) : isAtLeast(level, "error");
    }
    case "timer":
      return envelope.tags["status_code"]?.startsWith("5") === true;
    default:
      return false;
  }
}

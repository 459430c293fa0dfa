import { timeOf } from "../../text/envelopeText.js";

/** The formats of times: `relative` counts the seconds since the start of the command. */
export const timeModes = ["local", "utc", "relative", "none"] as const;

export type TimeMode = (typeof timeModes)[number];

/**
 * The time of an envelope, and the date if it differs from that of the previous envelope or, for
 * the first one, from today's.
 */
export interface Clock {
  /** The number of columns that a time takes. */
  readonly width: number;
  read(timestamp: bigint): { readonly time: string; readonly date?: string | undefined };
}

/** The clock of a mode; undefined if no times are shown. */
export function clockFor(mode: TimeMode): Clock | undefined {
  switch (mode) {
    case "none":
      return undefined;
    case "relative": {
      const start = Date.now();
      return { width: 9, read: (timestamp) => ({ time: secondsSince(start, timestamp) }) };
    }
    case "local":
      return new DateClock(12, timeOf, (date) => date.toDateString());
    case "utc":
      return new DateClock(13, utcTimeOf, (date) => date.toUTCString().slice(0, 16));
  }
}

class DateClock implements Clock {
  readonly width: number;
  readonly #timeOf: (timestamp: bigint) => string;
  readonly #dateOf: (date: Date) => string;
  #quarter: bigint | undefined;
  #date: string;

  constructor(
    width: number,
    timeOf: (timestamp: bigint) => string,
    dateOf: (date: Date) => string,
  ) {
    this.width = width;
    this.#timeOf = timeOf;
    this.#dateOf = dateOf;
    this.#date = dateOf(new Date());
  }

  read(timestamp: bigint): { readonly time: string; readonly date: string | undefined } {
    return { time: this.#timeOf(timestamp), date: this.#changedDate(timestamp) };
  }

  #changedDate(timestamp: bigint): string | undefined {
    // In every time zone, dates change at a multiple of 15 minutes.
    const quarter = timestamp / 900_000_000_000n;
    if (quarter === this.#quarter) {
      return undefined;
    }
    this.#quarter = quarter;
    const before = this.#date;
    this.#date = this.#dateOf(new Date(Number(timestamp / 1_000_000n)));
    return before === this.#date ? undefined : this.#date;
  }
}

function utcTimeOf(timestamp: bigint): string {
  return `${new Date(Number(timestamp / 1_000_000n)).toISOString().slice(-13, -1)}Z`;
}

function secondsSince(startMs: number, timestamp: bigint): string {
  const seconds = (Number(timestamp / 1_000_000n) - startMs) / 1000;
  return `${seconds < 0 ? "" : "+"}${seconds.toFixed(3)}`.padStart(9);
}

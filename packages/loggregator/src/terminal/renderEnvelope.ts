import type { Envelope } from "@loggregator/api";
import { displayName, sourceOf } from "../text/displayName.js";
import { isStderr, lineOf, timeOf } from "../text/envelopeText.js";
import { escapeControls } from "../text/escapeControls.js";
import type { Paint, Style } from "./paint.js";
import { padEnd, textWidth } from "./textWidth.js";

/** The formats of times: `relative` counts the seconds since the start of the command. */
export const timeModes = ["local", "utc", "relative", "none"] as const;

export type TimeMode = (typeof timeModes)[number];

/** Settings of the human-readable output. */
export interface RenderOptions {
  readonly paint: Paint;
  /** Whether source ids are shown instead of the names of apps, and all tags. */
  readonly tags?: boolean | undefined;
  /** Default: local. */
  readonly time?: TimeMode | undefined;
  /** Text to highlight. */
  readonly highlight?: RegExp | undefined;
}

/** The colors of sources, in order of their appearance. */
const sourceColors: readonly Style[] = ["cyan", "green", "yellow", "magenta", "blue"];
/** Further sources share a color. */
const maxColoredSources = 1_000;

/**
 * Writes envelopes as lines in columns: time, source and instance, type, name, and text. A column
 * grows with its values up to a bound and stays, so that neighbouring lines align.
 *
 * Foreign text reaches the terminal with its control characters escaped: see `escapeControls`.
 */
export class EnvelopeRenderer {
  readonly #options: RenderOptions;
  readonly #source = new Column(12, 40);
  readonly #name = new Column(12, 24);
  readonly #colors = new Map<string, Style>();
  readonly #clock: Clock | undefined;
  readonly #highlight: RegExp | undefined;

  constructor(options: RenderOptions) {
    this.#options = options;
    this.#clock = clockFor(options.time ?? "local");
    const { highlight } = options;
    if (highlight !== undefined) {
      this.#highlight = new RegExp(highlight.source, `${highlight.flags}g`);
    }
  }

  /** Returns one line, without its line end, after a line with the date if that has changed. */
  render(envelope: Envelope): string {
    const { paint, tags } = this.#options;
    const source = tags ? sourceOf(envelope) : displayName(envelope);
    const columns = [
      paint(this.#colorOf(envelope.sourceId), this.#source.pad(escapeControls(source))),
      paint("bold", typeOf(envelope).padEnd(7)),
      this.#messageOf(envelope),
    ];
    if (tags) {
      columns.push(paint("gray", tagsOf(envelope.tags)));
    }
    const line = columns.join("  ").trimEnd();
    if (this.#clock === undefined) {
      return line;
    }
    const { date, time } = this.#clock.read(envelope.timestamp);
    return `${date === undefined ? "" : `${paint("gray", date)}\n`}${paint("gray", time)}  ${line}`;
  }

  #messageOf(envelope: Envelope): string {
    const line = lineOf(envelope);
    const text = escapeControls(line.text);
    if (line.name === "" && text === "") {
      return "";
    }
    const name = this.#name.pad(escapeControls(line.name));
    const shown = this.#highlighted(text);
    return `${name}  ${isStderr(envelope) ? this.#options.paint("red", shown) : shown}`;
  }

  #highlighted(text: string): string {
    if (this.#highlight === undefined) {
      return text;
    }
    return text.replace(this.#highlight, (match) =>
      match === "" ? "" : this.#options.paint("inverse", match),
    );
  }

  #colorOf(sourceId: string): Style {
    const known = this.#colors.get(sourceId);
    if (known !== undefined) {
      return known;
    }
    const color = sourceColors[this.#colors.size % sourceColors.length] ?? "cyan";
    if (this.#colors.size < maxColoredSources && sourceId.length <= 256) {
      this.#colors.set(sourceId, color);
    }
    return color;
  }
}

/** The time of an envelope, and the date if it is not that of the envelope before. */
interface Clock {
  read(timestamp: bigint): { readonly time: string; readonly date?: string | undefined };
}

function clockFor(mode: TimeMode): Clock | undefined {
  switch (mode) {
    case "none":
      return undefined;
    case "relative": {
      const start = Date.now();
      return { read: (timestamp) => ({ time: secondsSince(start, timestamp) }) };
    }
    case "local":
      return new DateClock(timeOf, (date) => date.toDateString());
    case "utc":
      return new DateClock(utcTimeOf, (date) => date.toUTCString().slice(0, 16));
  }
}

class DateClock implements Clock {
  readonly #timeOf: (timestamp: bigint) => string;
  readonly #dateOf: (date: Date) => string;
  #quarter: bigint | undefined;
  #date: string | undefined;

  constructor(timeOf: (timestamp: bigint) => string, dateOf: (date: Date) => string) {
    this.#timeOf = timeOf;
    this.#dateOf = dateOf;
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
    return before === undefined || before === this.#date ? undefined : this.#date;
  }
}

function utcTimeOf(timestamp: bigint): string {
  return `${new Date(Number(timestamp / 1_000_000n)).toISOString().slice(-13, -1)}Z`;
}

function secondsSince(startMs: number, timestamp: bigint): string {
  const seconds = (Number(timestamp / 1_000_000n) - startMs) / 1000;
  return `${seconds < 0 ? "" : "+"}${seconds.toFixed(3)}`.padStart(9);
}

/** Returns the type as shown in lines. Logs of stderr are marked even without colors. */
function typeOf(envelope: Envelope): string {
  return isStderr(envelope) ? "LOG ERR" : (envelope.message?.$case ?? "none").toUpperCase();
}

function tagsOf(tags: Envelope["tags"]): string {
  return Object.entries(tags)
    .map(([name, value]) => `${escapeControls(name)}=${escapeControls(value)}`)
    .join(" ");
}

class Column {
  #width: number;
  readonly #max: number;

  constructor(width: number, max: number) {
    this.#width = width;
    this.#max = max;
  }

  /** Pads to the widest text so far. Text that is wider than the bound sticks out. */
  pad(text: string): string {
    // Measuring is slow: text of this length is wide enough.
    if (text.length > 8 * this.#max) {
      return text;
    }
    const width = textWidth(text);
    if (width > this.#width) {
      this.#width = Math.min(width, this.#max);
    }
    return padEnd(text, this.#width);
  }
}

import type { Envelope } from "@loggregator/api";
import { isStderr, lineOf, sourceOf, timeOf } from "../text/envelopeText.js";
import { escapeControls } from "../text/escapeControls.js";
import type { Paint } from "./paint.js";
import { padEnd, textWidth } from "./textWidth.js";

/** How envelopes are written for people. */
export interface RenderOptions {
  readonly paint: Paint;
  /** Whether all tags are shown. */
  readonly tags?: boolean | undefined;
}

/**
 * Writes envelopes as lines in columns: local time, source and instance, type, name, and text. A
 * column grows with its values up to a bound and stays, so that neighbouring lines align.
 *
 * Foreign text reaches the terminal with its control characters escaped: see `escapeControls`.
 */
export class EnvelopeRenderer {
  readonly #options: RenderOptions;
  readonly #source = new Column(12, 40);
  readonly #name = new Column(12, 24);

  constructor(options: RenderOptions) {
    this.#options = options;
  }

  /** One line, without its line end. */
  render(envelope: Envelope): string {
    const { paint, tags } = this.#options;
    const columns = [
      paint("gray", timeOf(envelope.timestamp)),
      paint("cyan", this.#source.pad(escapeControls(sourceOf(envelope)))),
      paint("bold", typeOf(envelope).padEnd(7)),
      this.#messageOf(envelope),
    ];
    if (tags) columns.push(paint("gray", tagsOf(envelope.tags)));
    return columns.join("  ").trimEnd();
  }

  #messageOf(envelope: Envelope): string {
    const line = lineOf(envelope);
    const text = escapeControls(line.text);
    if (line.name === "" && text === "") return "";
    const name = this.#name.pad(escapeControls(line.name));
    return `${name}  ${isStderr(envelope) ? this.#options.paint("red", text) : text}`;
  }
}

/** The type as lines show it. Logs of stderr are marked without colors too. */
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
    // Measuring takes long: text of this length is wide enough.
    if (text.length > 8 * this.#max) return text;
    const width = textWidth(text);
    if (width > this.#width) this.#width = Math.min(width, this.#max);
    return padEnd(text, this.#width);
  }
}

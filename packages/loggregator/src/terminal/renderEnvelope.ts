import { type Envelope, type GaugeValue, Log_Type } from "@loggregator/api";
import { escapeControls } from "./escapeControls.js";
import { duration } from "./numbers.js";
import type { Paint } from "./paint.js";
import { padEnd, textWidth } from "./textWidth.js";

/** How an envelope is written for people. */
export interface RenderOptions {
  readonly paint: Paint;
  /** Whether all tags are told as well. */
  readonly tags?: boolean | undefined;
}

/**
 * Writes envelopes as lines, in columns: local time, source and instance, type, name, and the rest.
 * A column widens as wider values come, up to a bound, and stays so: lines near each other align.
 *
 * Nothing that came with an envelope reaches the terminal but as text: see `escapeControls`.
 */
export class EnvelopeRenderer {
  readonly #options: RenderOptions;
  readonly #source = new Column(12, 40);
  readonly #name = new Column(12, 24);
  #second = Number.NaN;
  #time = "";

  constructor(options: RenderOptions) {
    this.#options = options;
  }

  /** One line, without its end. */
  render(envelope: Envelope): string {
    const { paint } = this.#options;
    const { sourceId, instanceId, message, tags } = envelope;
    const from = instanceId === "" ? sourceId : `${sourceId}/${instanceId}`;
    const columns = [
      paint("gray", this.#timeOf(envelope.timestamp)),
      paint("cyan", this.#source.pad(escapeControls(from))),
      paint("bold", typeOf(envelope).padEnd(7)),
      this.#messageOf(message, tags),
    ];
    if (this.#options.tags) columns.push(paint("gray", tagsOf(tags)));
    return columns.join("  ").trimEnd();
  }

  #messageOf(message: Envelope["message"], tags: Envelope["tags"]): string {
    switch (message?.$case) {
      case "log": {
        const text = textOf(message.value.payload);
        const { paint } = this.#options;
        return this.#named(
          tags["source_type"] ?? "",
          message.value.type === Log_Type.OUT ? text : paint("red", text),
        );
      }
      case "counter": {
        const { name, delta, total } = message.value;
        const parts = [];
        if (delta > 0n || total === 0n) parts.push(`+${delta}`);
        if (total > 0n) parts.push(`${total} in all`);
        return this.#named(name, parts.join(", "));
      }
      case "gauge": {
        const [first, ...others] = Object.entries(message.value.metrics);
        if (first === undefined) return "";
        const rest = others.map(
          ([name, metric]) => `, ${escapeControls(name)} ${metricText(metric)}`,
        );
        return this.#named(first[0], metricText(first[1]) + rest.join(""));
      }
      case "timer": {
        const { name, start, stop } = message.value;
        return this.#named(name, duration(stop - start));
      }
      case "event":
        return this.#named(message.value.title, escapeControls(message.value.body));
      case undefined:
        return "";
    }
  }

  #named(name: string, rest: string): string {
    return `${this.#name.pad(escapeControls(name))}  ${rest}`;
  }

  /** Of many envelopes in one second only the milliseconds are written anew. */
  #timeOf(timestamp: bigint): string {
    const milliseconds = Number(timestamp / 1_000_000n);
    const second = Math.floor(milliseconds / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#time = new Date(second * 1000).toTimeString().slice(0, 8);
    }
    return `${this.#time}.${String(milliseconds - second * 1000).padStart(3, "0")}`;
  }
}

/** The type as the lines show it. Logs of stderr are told apart without colours too. */
function typeOf({ message }: Envelope): string {
  if (message?.$case === "log" && message.value.type === Log_Type.ERR) return "LOG ERR";
  return (message?.$case ?? "none").toUpperCase();
}

const decoder = new TextDecoder();

/** What was logged, without the end of line that some loggers leave in. */
function textOf(payload: Uint8Array): string {
  return escapeControls(decoder.decode(payload).replace(/\r?\n$/, ""));
}

function metricText({ value, unit }: GaugeValue): string {
  return `${value} ${escapeControls(unit)}`.trimEnd();
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

  /** Pads to the widest so far. What is wider than the bound sticks out. */
  pad(text: string): string {
    const width = textWidth(text);
    if (width > this.#width) this.#width = Math.min(width, this.#max);
    return padEnd(text, this.#width);
  }
}

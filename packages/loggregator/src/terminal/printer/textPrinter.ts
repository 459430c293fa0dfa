import type { Envelope } from "@loggregator/api";
import type { Entry } from "../../read/entries/entryJoiner.js";
import { displayName, type SourceName, sourceOf } from "../../text/displayName.js";
import { isStderr, type Line, lineOf } from "../../text/envelopeText.js";
import { escapeControls } from "../../text/escapeControls.js";
import { type JsonMode, jsonLogText } from "../../text/jsonLog.js";
import { isAtLeast, levelOf } from "../../text/level.js";
import type { Paint, Style } from "../paint.js";
import { sourceColor } from "../sourceColor.js";
import { styledText } from "../styledText.js";
import { type Clock, clockFor, type TimeMode } from "./clock.js";
import { Column } from "./column.js";
import type { Printer } from "./printer.js";

/** Settings of the human-readable output. */
export interface TextPrinterOptions {
  /** Undefined: without colours. */
  readonly paint?: Paint | undefined;
  /** The width of the terminal; undefined for a pipe or a file. */
  readonly columns?: number | undefined;
  /** Whether source ids are shown instead of the names of apps, and all tags. */
  readonly tags?: boolean | undefined;
  /** The names of apps whose envelopes do not have them as tags, by their source ids. */
  readonly names?: ReadonlyMap<string, SourceName> | undefined;
  /** Default: local. */
  readonly time?: TimeMode | undefined;
  /** Text to highlight. */
  readonly highlight?: RegExp | undefined;
  /** Default: raw. */
  readonly jsonLogs?: JsonMode | undefined;
  /** The fields of JSON logs to show. */
  readonly fields?: readonly string[] | undefined;
}

/** On narrower terminals, types are abbreviated, and only names of metrics are shown. */
const wideColumns = 100;

const shortTypes: Readonly<Record<string, string>> = {
  log: "LOG",
  counter: "CNT",
  gauge: "GAU",
  timer: "TIM",
  event: "EVT",
};

const plain: Paint = (_, text) => text;

/**
 * Prints entries as lines in columns: time, source and instance, type, name, and text. The further
 * lines of an entry, such as a stack trace, are indented.
 *
 * Text of envelopes reaches the terminal with its control characters escaped, except the colours of
 * logs: see `styledText`.
 */
export class TextPrinter implements Printer {
  readonly #options: TextPrinterOptions;
  readonly #paint: Paint;
  readonly #isNarrow: boolean;
  readonly #source: Column;
  readonly #name: Column;
  readonly #clock: Clock | undefined;
  readonly #highlight: RegExp | undefined;
  readonly #indent: string;

  constructor(options: TextPrinterOptions) {
    const { columns = Number.POSITIVE_INFINITY, highlight } = options;
    this.#options = options;
    this.#paint = options.paint ?? plain;
    this.#isNarrow = columns < wideColumns;
    const overflow = options.columns === undefined ? "exceed" : "cut";
    this.#source = new Column(12, Math.min(40, Math.max(Math.floor(columns / 4), 8)), overflow);
    this.#name = new Column(12, Math.min(24, Math.floor(columns / 6)), overflow);
    this.#clock = clockFor(options.time ?? "local");
    this.#indent = " ".repeat((this.#clock === undefined ? 0 : this.#clock.width + 2) + 4);
    this.#highlight = highlight && new RegExp(highlight.source, `${highlight.flags}g`);
  }

  print(entry: Entry): string {
    const [envelope, ...others] = entry;
    const { tags, names } = this.#options;
    const source = tags ? sourceOf(envelope) : displayName(envelope, names);
    const style = this.#options.paint && styleOf(envelope);
    const line = lineOf(envelope);
    const [first = "", ...rest] = this.#linesOf(envelope, line, style);
    const columns = [
      this.#paint(sourceColor(envelope.sourceId), this.#source.pad(escapeControls(source))),
      this.#paint("bold", this.#typeOf(envelope)),
      line.name === "" && first === ""
        ? ""
        : this.#named(escapeControls(line.name), first, envelope.message?.$case === "log"),
    ];
    if (tags) {
      columns.push(this.#paint("gray", tagsOf(envelope.tags)));
    }
    const lines = [this.#timed(envelope, columns.join("  ").trimEnd())];
    for (const other of others) {
      rest.push(...this.#linesOf(other, lineOf(other), style));
    }
    for (const line of rest) {
      lines.push(`${this.#indent}${line}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #timed(envelope: Envelope, line: string): string {
    if (this.#clock === undefined) {
      return line;
    }
    const { date, time } = this.#clock.read(envelope.timestamp);
    const dateLine = date === undefined ? "" : `${this.#paint("gray", date)}\n`;
    return `${dateLine}${this.#paint("gray", time)}  ${line}`;
  }

  /** The text. Only logs and events have several lines. */
  #linesOf(envelope: Envelope, { text }: Line, style: Style | undefined): string[] {
    const type = envelope.message?.$case;
    const isLog = type === "log";
    const { jsonLogs = "raw", fields } = this.#options;
    const shown = isLog ? jsonLogText(text, jsonLogs, fields) : text;
    const parts = isLog || type === "event" ? shown.split(/\r?\n/) : [shown];
    return parts.map((part) =>
      styledText(part, {
        paint: this.#paint,
        keepColors: isLog && this.#options.paint !== undefined,
        style,
        highlight: this.#highlight,
      }),
    );
  }

  #named(name: string, text: string, isLog: boolean): string {
    if (!this.#isNarrow) {
      return `${this.#name.pad(name)}  ${text}`;
    }
    // Apps are the rule; RTR, CELL and API are not.
    const hasName = name !== "" && !(isLog && name.startsWith("APP"));
    return hasName ? `${this.#paint("gray", name)} ${text}` : text;
  }

  /** Logs of stderr are marked even without colours. */
  #typeOf(envelope: Envelope): string {
    const type = envelope.message?.$case ?? "none";
    if (isStderr(envelope)) {
      return this.#isNarrow ? "ERR" : "LOG ERR";
    }
    return this.#isNarrow ? (shortTypes[type] ?? "   ") : type.toUpperCase().padEnd(7);
  }
}

/** The style of a log's text by its level, or else its stream. */
function styleOf(envelope: Envelope): Style | undefined {
  if (envelope.message?.$case !== "log") {
    return undefined;
  }
  const level = levelOf(lineOf(envelope).text);
  if (level === undefined) {
    return isStderr(envelope) ? "red" : undefined;
  }
  if (isAtLeast(level, "error")) {
    return "red";
  }
  return level === "warn" ? "yellow" : level === "info" ? undefined : "gray";
}

function tagsOf(tags: Envelope["tags"]): string {
  return Object.entries(tags)
    .map(([name, value]) => `${escapeControls(name)}=${escapeControls(value)}`)
    .join(" ");
}

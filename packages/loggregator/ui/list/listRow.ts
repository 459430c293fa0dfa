import type { Envelope } from "@loggregator/api";
import { stripColors } from "../../src/text/colors.js";
import { displayName } from "../../src/text/displayName.js";
import { isStderr, lineOf, timeOf } from "../../src/text/envelopeText.js";
import { escapeControls } from "../../src/text/escapeControls.js";
import { jsonLogText } from "../../src/text/jsonLog.js";
import { type Level, levelOf } from "../../src/text/level.js";
import { element } from "../dom.js";

/** The maximum length: no screen is wide enough for more. */
const maxLength = 600;

/**
 * A line of the list. It is reused for other envelopes by changing its text, so that no elements
 * are created as envelopes arrive.
 */
export class ListRow {
  readonly element: HTMLElement;
  readonly #time = document.createTextNode("");
  readonly #source = document.createTextNode("");
  readonly #type = document.createTextNode("");
  readonly #name = document.createTextNode("");
  readonly #text = document.createTextNode("");
  #number: number | undefined;
  /** The classes for its colours. */
  #kind = "";
  #className = "";

  constructor(id: string) {
    this.element = element(
      "div",
      "",
      element("span", "time", this.#time),
      element("span", "source", this.#source),
      element("span", "type", this.#type),
      element("span", "name", this.#name),
      element("span", "text", this.#text),
    );
    this.element.id = id;
    this.element.role = "option";
    this.element.hidden = true;
  }

  /** The number of the envelope that it shows, or undefined. */
  get number(): number | undefined {
    return this.#number;
  }

  show(number: number, envelope: Envelope, selected: boolean): void {
    if (number !== this.#number) {
      this.#write(number, envelope);
    }
    const className = `row ${this.#kind}${selected ? " selected" : ""}`;
    if (className !== this.#className) {
      this.#className = className;
      this.element.className = className;
      this.element.ariaSelected = String(selected);
    }
  }

  hide(): void {
    if (this.#number === undefined) {
      return;
    }
    this.#number = undefined;
    this.element.hidden = true;
  }

  #write(number: number, envelope: Envelope): void {
    if (this.#number === undefined) {
      this.element.hidden = false;
    }
    this.#number = number;
    const type = envelope.message?.$case ?? "";
    const line = lineOf(envelope, maxLength);
    const text = stripColors(line.text);
    const level = type === "log" ? levelOf(text) : undefined;
    const stderr = isStderr(envelope);
    this.#kind = `${type}${tone(level, stderr)}`;
    write(this.#time, timeOf(envelope.timestamp));
    write(this.#source, escapeControls(displayName(envelope).slice(0, maxLength)));
    write(this.#type, level ?? (stderr ? "log err" : type));
    write(this.#name, escapeControls(line.name.slice(0, maxLength)));
    const shown = type === "log" ? jsonLogText(text, "line") : text;
    write(this.#text, escapeControls(shown.slice(0, maxLength)));
  }
}

/** The class for the colour of a log: by its level, or by its stream if it has none. */
function tone(level: Level | undefined, stderr: boolean): string {
  switch (level) {
    case "error":
    case "fatal":
      return " error";
    case "warn":
      return " warn";
    case undefined:
      return stderr ? " error" : "";
    default:
      return "";
  }
}

/** Most texts stay the same. Only changed ones need a new layout. */
function write(node: Text, text: string): void {
  if (node.data !== text) {
    node.data = text;
  }
}

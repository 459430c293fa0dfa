import type { Envelope } from "@loggregator/api";
import { appOf } from "../../src/text/displayName.js";
import { isStderr, lineOf, timeOf } from "../../src/text/envelopeText.js";
import { escapeControls } from "../../src/text/escapeControls.js";
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
  readonly #instance = document.createTextNode("");
  readonly #type = document.createTextNode("");
  readonly #name = document.createTextNode("");
  readonly #text = document.createTextNode("");
  #number: number | undefined;
  #className = "";

  constructor(id: string) {
    this.element = element(
      "div",
      "",
      element("span", "time", this.#time),
      element("span", "source", this.#source),
      element("span", "instance", this.#instance),
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
    const type = envelope.message?.$case ?? "";
    const stderr = isStderr(envelope);
    const className = `row ${type}${stderr ? " stderr" : ""}${selected ? " selected" : ""}`;
    if (className !== this.#className) {
      this.#className = className;
      this.element.className = className;
      this.element.ariaSelected = String(selected);
    }
    if (number === this.#number) {
      return;
    }
    if (this.#number === undefined) {
      this.element.hidden = false;
    }
    this.#number = number;
    const { name, text } = lineOf(envelope, maxLength);
    write(this.#time, timeOf(envelope.timestamp));
    write(this.#source, escapeControls((appOf(envelope) ?? envelope.sourceId).slice(0, maxLength)));
    write(this.#instance, escapeControls(envelope.instanceId.slice(0, maxLength)));
    write(this.#type, stderr ? "log err" : type);
    write(this.#name, escapeControls(name.slice(0, maxLength)));
    write(this.#text, escapeControls(text.slice(0, maxLength)));
  }

  hide(): void {
    if (this.#number === undefined) {
      return;
    }
    this.#number = undefined;
    this.element.hidden = true;
  }
}

/** Most texts stay the same. Only changed ones need a new layout. */
function write(node: Text, text: string): void {
  if (node.data !== text) {
    node.data = text;
  }
}

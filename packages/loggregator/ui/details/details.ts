import { type Envelope, logText, toJson, type Value } from "@loggregator/api";
import { stripColors } from "../../src/text/colors.js";
import { isStderr, metricText } from "../../src/text/envelopeText.js";
import { escapeControlsInJson } from "../../src/text/escapeControls.js";
import { duration } from "../../src/text/formatNumbers.js";
import { fieldText, jsonObject } from "../../src/text/jsonObject.js";
import { byId, element } from "../dom.js";
import { traceOf } from "../trace/trace.js";

/** Longer texts are truncated. */
const maxLength = 20_000;
/** Longer tables are truncated. */
const maxEntries = 500;
/** Longer values cannot be clicked. */
const maxTermLength = 1_000;

/** The actions that the details offer. */
export interface DetailsActions {
  readonly onClose: () => void;
  /** Called to show only envelopes with a value, with the key of the term: `app:`, `tag:job=`. */
  readonly onTerm: (key: string, value: string) => void;
  /** Called to show the envelopes of a trace. */
  readonly onTrace: (id: string) => void;
}

/** The panel that shows all of one envelope. */
export class Details {
  readonly #panel = byId("details", HTMLElement);
  readonly #title = byId("details-title", HTMLElement);
  readonly #body = byId("details-body", HTMLElement);
  readonly #copy = byId("copy", HTMLButtonElement);
  readonly #trace = byId("show-trace", HTMLButtonElement);
  readonly #actions: DetailsActions;

  constructor(actions: DetailsActions) {
    this.#actions = actions;
    // So that the keyboard can scroll it in every browser.
    this.#body.tabIndex = 0;
    byId("close", HTMLButtonElement).addEventListener("click", actions.onClose);
  }

  show(envelope: Envelope | undefined): void {
    this.#panel.hidden = envelope === undefined;
    if (envelope === undefined) {
      return;
    }
    const json = jsonOf(envelope);
    this.#title.textContent = titleOf(envelope);
    const trace = traceOf(envelope);
    this.#trace.hidden = trace === undefined;
    this.#trace.onclick = () => this.#actions.onTrace(trace ?? "");
    this.#copy.textContent = "Copy JSON";
    this.#copy.onclick = async () => {
      this.#copy.textContent = await navigator.clipboard.writeText(json).then(
        () => "Copied",
        () => "Copying was not permitted",
      );
    };
    const log = logText(envelope);
    const fields = log === undefined ? undefined : jsonObject(log);
    this.#body.replaceChildren(
      ...messageParts(envelope),
      ...section("Fields", this.#links("field:", fieldEntries(fields))),
      table("Envelope", [
        ["Time", new Date(Number(envelope.timestamp / 1_000_000n)).toISOString()],
        ["Timestamp", `${envelope.timestamp} ns`],
        ["Source", this.#link("app:", envelope.sourceId)],
        ["Instance", this.#link("instance:", envelope.instanceId)],
      ]),
      ...section("Tags", this.#links("tag:", Object.entries(envelope.tags))),
      ...section("Deprecated tags", Object.entries(envelope.deprecatedTags).map(textOfValue)),
      element("details", "", element("summary", "", "JSON"), text(json)),
    );
    this.#body.scrollTop = 0;
  }

  #links(key: string, entries: readonly (readonly [string, string])[]): Entry[] {
    return entries.map(([name, value]) => [name, this.#link(`${key}${name}=`, value)]);
  }

  /** A value that can be clicked to show only envelopes with it. */
  #link(key: string, value: string): string | Node {
    // A term cannot have other names.
    if (value === "" || value.length > maxTermLength || !/^[\w.:@-]+=?$/.test(key)) {
      return value;
    }
    const button = element("button", "link", value);
    button.type = "button";
    button.title = "Show only envelopes with this value";
    button.addEventListener("click", () => this.#actions.onTerm(key, value));
    return button;
  }
}

type Entry = readonly [name: string, value: string | Node];

function titleOf(envelope: Envelope): string {
  const type = envelope.message?.$case ?? "envelope";
  const title = type.charAt(0).toUpperCase() + type.slice(1);
  if (type !== "log") {
    return title;
  }
  return isStderr(envelope) ? `${title}, standard error` : `${title}, standard output`;
}

function fieldEntries(fields: Readonly<Record<string, unknown>> = {}): [string, string][] {
  return Object.entries(fields).map(([name, value]) => [name, fieldText(value)]);
}

function messageParts(envelope: Envelope): Node[] {
  const { message } = envelope;
  switch (message?.$case) {
    case "log":
      return [text(stripColors(logText(envelope) ?? ""))];
    case "counter": {
      const { name, delta, total } = message.value;
      return section("Counter", [
        ["Name", name],
        ["Delta", String(delta)],
        ["Total", String(total)],
      ]);
    }
    case "gauge":
      return section(
        "Metrics",
        Object.entries(message.value.metrics)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, metric]) => [name, metricText(metric)]),
      );
    case "timer": {
      const { name, start, stop } = message.value;
      return section("Timer", [
        ["Name", name],
        ["Duration", duration(stop - start)],
        ["Start", `${start} ns`],
        ["Stop", `${stop} ns`],
      ]);
    }
    case "event":
      return [...section("Event", [["Title", message.value.title]]), text(message.value.body)];
    case undefined:
      return [];
  }
}

function section(title: string, entries: readonly Entry[]): Node[] {
  return entries.length === 0 ? [] : [table(title, entries)];
}

function table(title: string, entries: readonly Entry[]): Node {
  const rows: HTMLElement[] = entries
    .slice(0, maxEntries)
    .flatMap(([name, value]) => [
      element("dt", "", shortened(name)),
      element("dd", "", typeof value === "string" ? shortened(value) : value),
    ]);
  if (entries.length > maxEntries) {
    const rest = `and ${entries.length - maxEntries} more, which "Copy JSON" includes`;
    rows.push(element("dt", "", "…"), element("dd", "", rest));
  }
  return element("section", "", element("h3", "", title), element("dl", "", ...rows));
}

function text(content: string): HTMLElement {
  return element("pre", "", shortened(content));
}

function shortened(content: string): string {
  if (content.length <= maxLength) {
    return content;
  }
  return `${content.slice(0, maxLength)}\n… and ${content.length - maxLength} more characters, which "Copy JSON" includes`;
}

function textOfValue([name, { data }]: [string, Value]): Entry {
  return [name, String(data?.value ?? "")];
}

/** Returns the gateway's JSON, indented. Control characters are escaped, even in copied text. */
function jsonOf(envelope: Envelope): string {
  const json = JSON.stringify(toJson(envelope), undefined, 2);
  return json.split("\n").map(escapeControlsInJson).join("\n");
}

import { type Envelope, logText, toJson, type Value } from "@loggregator/api";
import { isStderr, metricText } from "../../src/text/envelopeText.js";
import { escapeControlsInJson } from "../../src/text/escapeControls.js";
import { duration } from "../../src/text/formatNumbers.js";
import { byId, element } from "../dom.js";

/** Longer texts are truncated. */
const maxLength = 20_000;
/** Longer tables are truncated. */
const maxEntries = 500;

/** The panel that shows all of one envelope. */
export class Details {
  readonly #panel = byId("details", HTMLElement);
  readonly #title = byId("details-title", HTMLElement);
  readonly #body = byId("details-body", HTMLElement);
  readonly #copy = byId("copy", HTMLButtonElement);
  readonly #onSource: (sourceId: string) => void;

  /** @param onSource Called when the user selects only this source. */
  constructor(onClose: () => void, onSource: (sourceId: string) => void) {
    this.#onSource = onSource;
    // So that the keyboard can scroll it in every browser.
    this.#body.tabIndex = 0;
    byId("close", HTMLButtonElement).addEventListener("click", onClose);
  }

  show(envelope: Envelope | undefined): void {
    this.#panel.hidden = envelope === undefined;
    if (envelope === undefined) {
      return;
    }
    const json = jsonOf(envelope);
    this.#title.textContent = titleOf(envelope);
    this.#copy.textContent = "Copy JSON";
    this.#copy.onclick = async () => {
      this.#copy.textContent = await navigator.clipboard.writeText(json).then(
        () => "Copied",
        () => "Not permitted",
      );
    };
    this.#body.replaceChildren(
      ...messageParts(envelope),
      table("Envelope", [
        ["Time", new Date(Number(envelope.timestamp / 1_000_000n)).toISOString()],
        ["Timestamp", `${envelope.timestamp} ns`],
        ["Source", this.#source(envelope.sourceId)],
        ["Instance", envelope.instanceId],
      ]),
      ...section("Tags", Object.entries(envelope.tags)),
      ...section("Deprecated tags", Object.entries(envelope.deprecatedTags).map(textOfValue)),
      element("details", "", element("summary", "", "JSON"), text(json)),
    );
    this.#body.scrollTop = 0;
  }

  #source(sourceId: string): string | Node {
    if (sourceId === "") {
      return "";
    }
    const button = element("button", "link", shortened(sourceId));
    button.type = "button";
    button.title = "Show this source only";
    button.addEventListener("click", () => this.#onSource(sourceId));
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

function messageParts(envelope: Envelope): Node[] {
  const { message } = envelope;
  switch (message?.$case) {
    case "log":
      return [text(logText(envelope) ?? "")];
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

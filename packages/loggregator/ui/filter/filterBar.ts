import type { Envelope } from "@loggregator/api";
import { escapeControls } from "../../src/text/escapeControls.js";
import { byId, element } from "../dom.js";
import { type Filter, types } from "./filter.js";

/** The maximum number of suggested sources. Others can be typed. */
const maxSources = 200;
/** Longer ones are not offered. */
const maxSourceLength = 256;

/** The fields of the filter. */
export class FilterBar {
  readonly #types = types.map((type) => ({
    type,
    box: byId(`type-${type}`, HTMLInputElement),
  }));
  readonly #source = byId("source", HTMLInputElement);
  readonly #text = byId("text", HTMLInputElement);
  readonly #options = byId("sources", HTMLDataListElement);
  readonly #offered = new Set<string>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    const form = byId("filters", HTMLFormElement);
    form.addEventListener("input", onChange);
    form.addEventListener("submit", (event) => event.preventDefault());
    byId("show-all", HTMLButtonElement).addEventListener("click", () => {
      form.reset();
      onChange();
    });
  }

  get filter(): Filter {
    const chosen = this.#types.filter(({ box }) => box.checked).map(({ type }) => type);
    return { types: new Set(chosen), source: this.#source.value, text: this.#text.value };
  }

  setSource(sourceId: string): void {
    this.#source.value = escapeControls(sourceId);
    this.#onChange();
  }

  /** Adds the sources of a batch to the suggestions of the source field. */
  offerSources(batch: readonly Envelope[]): void {
    for (const { sourceId } of batch) {
      if (this.#offered.size === maxSources) {
        return;
      }
      if (sourceId === "" || sourceId.length > maxSourceLength) {
        continue;
      }
      if (this.#offered.has(sourceId)) {
        continue;
      }
      this.#offered.add(sourceId);
      const option = element("option", "");
      option.value = escapeControls(sourceId);
      this.#options.append(option);
    }
  }
}

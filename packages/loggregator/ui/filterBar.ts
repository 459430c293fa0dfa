import type { Envelope } from "@loggregator/api";
import { byId, element } from "./dom.js";
import { type Filter, types } from "./filter.js";

/** So many sources are offered for choice; more can still be typed. */
const maxSources = 200;

/** The fields that say which envelopes the list shows. */
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
    this.#source.value = sourceId;
    this.#onChange();
  }

  /** Has the field for the source propose those that have been seen. */
  offerSources(batch: readonly Envelope[]): void {
    for (const { sourceId } of batch) {
      if (this.#offered.size === maxSources) return;
      if (sourceId === "" || this.#offered.has(sourceId)) continue;
      this.#offered.add(sourceId);
      const option = element("option", "");
      option.value = sourceId;
      this.#options.append(option);
    }
  }
}

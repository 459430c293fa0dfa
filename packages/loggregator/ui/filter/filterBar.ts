import type { Envelope } from "@loggregator/api";
import { type EnvelopeType, envelopeTypes, type Filter } from "../../src/filter/filter.js";
import { parseFilter } from "../../src/filter/parseFilter.js";
import { appOf } from "../../src/text/displayName.js";
import { byId, element } from "../dom.js";
import type { PageState } from "../location/pageState.js";
import { clock } from "../timeline/timeline.js";
import { predicateOf, term } from "./listFilter.js";

/** The maximum number of suggested sources. Others can be typed. */
const maxSources = 200;
/** Longer names are not suggested. */
const maxSourceLength = 256;

/** The parts of the page's state that the filter bar shows and changes. */
export type FilterState = Pick<PageState, "query" | "hidden" | "from" | "to" | "trace">;

/** The fields of the filter. */
export class FilterBar {
  readonly #types = envelopeTypes.map((type) => ({
    type,
    box: byId(`type-${type}`, HTMLInputElement),
  }));
  readonly #query = byId("query", HTMLInputElement);
  readonly #error = byId("query-error", HTMLElement);
  readonly #suggestions = byId("suggestions", HTMLDataListElement);
  readonly #range = byId("range", HTMLButtonElement);
  readonly #trace = byId("trace", HTMLButtonElement);
  readonly #offered = new Set<string>();
  readonly #onChange: () => void;
  #state: FilterState = {
    query: "",
    hidden: new Set(),
    from: undefined,
    to: undefined,
    trace: undefined,
  };
  /** The last query that could be parsed. */
  #parsed: Filter = [];

  /** @param onChange Called when the user has changed the filter. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    const form = byId("filters", HTMLFormElement);
    form.addEventListener("input", () => {
      const hidden = new Set<EnvelopeType>();
      for (const { type, box } of this.#types) {
        if (!box.checked) {
          hidden.add(type);
        }
      }
      this.change({ query: this.#query.value, hidden });
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    this.#range.addEventListener("click", () => this.change({ from: undefined, to: undefined }));
    this.#trace.addEventListener("click", () => this.change({ trace: undefined }));
    byId("show-all", HTMLButtonElement).addEventListener("click", () =>
      this.change({
        query: "",
        hidden: new Set(),
        from: undefined,
        to: undefined,
        trace: undefined,
      }),
    );
  }

  get state(): FilterState {
    return this.#state;
  }

  /** The predicate of the filter. If the query is invalid, the last valid one is used. */
  get predicate(): (envelope: Envelope) => boolean {
    return predicateOf(this.#parsed, this.#state);
  }

  /** Changes parts of the filter. */
  change(changed: Partial<FilterState>): void {
    this.show({ ...this.#state, ...changed });
    this.#onChange();
  }

  /** Adds a term to the query: see `term`. */
  addTerm(key: string, value: string): void {
    const added = term(key, value);
    const { query } = this.#state;
    this.change({ query: query.includes(added) ? query : `${query} ${added}`.trim() });
  }

  /** Shows a filter, such as the one in the address. */
  show(state: FilterState): void {
    const { query, hidden, from, to, trace } = state;
    this.#state = { query, hidden, from, to, trace };
    if (this.#query.value !== query) {
      this.#query.value = query;
    }
    for (const { type, box } of this.#types) {
      box.checked = !hidden.has(type);
    }
    this.#parse(query);
    this.#range.hidden = from === undefined && to === undefined;
    const start = from === undefined ? "" : clock(from);
    const end = to === undefined ? "" : clock(to);
    chip(this.#range, `${start} – ${end}`, "Show all times");
    this.#trace.hidden = trace === undefined;
    chip(this.#trace, `Trace ${trace?.slice(0, 8)}…`, "Show all traces");
  }

  /** Adds the sources of a batch to the suggestions of the query. */
  offerSources(batch: readonly Envelope[]): void {
    for (const envelope of batch) {
      if (this.#offered.size === maxSources) {
        return;
      }
      const name = appOf(envelope) ?? envelope.sourceId;
      if (name === "" || name.length > maxSourceLength || this.#offered.has(name)) {
        continue;
      }
      this.#offered.add(name);
      const option = element("option", "");
      option.value = term("app:", name);
      this.#suggestions.append(option);
    }
  }

  #parse(query: string): void {
    let message = "";
    try {
      this.#parsed = parseFilter(query);
    } catch (error) {
      message = (error as Error).message;
    }
    this.#query.ariaInvalid = String(message !== "");
    this.#error.hidden = message === "";
    // Screen readers announce it whenever it is set.
    if (this.#error.textContent !== message) {
      this.#error.replaceChildren(...element("span", "", message).childNodes);
    }
  }
}

function chip(button: HTMLButtonElement, text: string, action: string): void {
  button.replaceChildren(...element("span", "", `${text} ✕`).childNodes);
  button.title = action;
  button.ariaLabel = `${text}. ${action}`;
}

import { duration, rate } from "../../src/text/formatNumbers.js";
import { Chart } from "../charts/chart.js";
import { setChoices } from "../charts/setChoices.js";
import { byId, element } from "../dom.js";
import { defaultWindow, windowOf } from "../location/pageState.js";
import { type RequestSeries, type RequestStore, type Slot, slotSeconds } from "./requestStore.js";

/** The percentiles that are shown. */
const percentiles = [
  ["p50", 0.5],
  ["p95", 0.95],
  ["p99", 0.99],
] as const;

/** The choices of the requests view. */
export interface RequestChoice {
  /** The id of the source; undefined for all. */
  readonly app: string | undefined;
  /** The time to show, in seconds. Undefined: `defaultWindow`. */
  readonly requestWindow: number | undefined;
}

export interface RequestsViewOptions {
  readonly store: RequestStore;
  /** Called when the user chooses another source or time. */
  readonly onChange: (choice: RequestChoice) => void;
}

/** Rate, errors and latencies of requests, of all or one of the sources. */
export class RequestsView {
  readonly #options: RequestsViewOptions;
  readonly #source = byId("request-source", HTMLSelectElement);
  readonly #window = byId("request-window", HTMLSelectElement);
  readonly #rows = byId("request-sources", HTMLTableSectionElement);
  readonly #content = byId("request-content", HTMLElement);
  readonly #empty = byId("no-requests", HTMLElement);
  readonly #cards = {
    rate: byId("request-rate", HTMLElement),
    client: byId("request-client-errors", HTMLElement),
    server: byId("request-server-errors", HTMLElement),
    p50: byId("request-p50", HTMLElement),
    p95: byId("request-p95", HTMLElement),
    p99: byId("request-p99", HTMLElement),
  };
  readonly #rateChart = new Chart(byId("rate-chart", HTMLElement), {
    format: (value) => `${rate(value)}/s`,
  });
  readonly #latencyChart = new Chart(byId("latency-chart", HTMLElement), { format: latency });
  #sourceId: string | undefined;
  #seconds: number | undefined;

  constructor(options: RequestsViewOptions) {
    this.#options = options;
    this.#source.addEventListener("change", () =>
      this.#changeSource(this.#source.value || undefined),
    );
    this.#window.addEventListener("change", () => {
      this.#change({ app: this.#sourceId, requestWindow: windowOf(this.#window.value) });
    });
  }

  /** Shows a choice, such as the one in the address. */
  choose({ app, requestWindow }: RequestChoice): void {
    this.#sourceId = app;
    this.#seconds = requestWindow;
    this.#window.value = String(requestWindow ?? defaultWindow);
  }

  draw(): void {
    const { store } = this.#options;
    const isEmpty = store.all.slots.size === 0;
    this.#empty.hidden = !isEmpty;
    this.#content.hidden = isEmpty;
    if (isEmpty) {
      return;
    }
    const seconds = this.#seconds ?? defaultWindow;
    // The current slot is incomplete.
    const end = Math.floor(Date.now() / 1_000 / slotSeconds);
    const first = end - seconds / slotSeconds;
    this.#setSources();
    const shown = (this.#sourceId && store.sources.get(this.#sourceId)) || store.all;
    this.#showCards(shown.sum(first), seconds);
    this.#drawCharts(shown, first, end);
    this.#showSources(first, seconds);
  }

  #changeSource(app: string | undefined): void {
    this.#change({ app, requestWindow: this.#seconds });
  }

  #change(choice: RequestChoice): void {
    this.choose(choice);
    this.#options.onChange(choice);
    this.draw();
  }

  #setSources(): void {
    const { sources } = this.#options.store;
    // An open list must not change.
    if (document.activeElement === this.#source || this.#source.length === sources.size + 1) {
      this.#source.value = this.#sourceId ?? "";
      return;
    }
    const choices = [...sources].map(([value, { name }]) => ({ value, label: name }));
    choices.sort((a, b) => (a.label < b.label ? -1 : 1));
    setChoices(this.#source, [{ value: "", label: "All" }, ...choices], this.#sourceId ?? "");
  }

  #showCards(sum: Slot, seconds: number): void {
    const cards = this.#cards;
    cards.rate.textContent = `${rate(sum.requests / seconds)}/s`;
    cards.client.textContent = share(sum.clientErrors, sum.requests);
    cards.server.textContent = share(sum.serverErrors, sum.requests);
    for (const [name, fraction] of percentiles) {
      cards[name].textContent = latency(sum.latency.percentile(fraction));
    }
  }

  #drawCharts(series: RequestSeries, first: number, end: number): void {
    const numbers = Array.from({ length: end - first }, (_, index) => first + index);
    const times = numbers.map((number) => number * slotSeconds);
    const range = { from: first * slotSeconds, to: end * slotSeconds };
    const perSecond = (count: (slot: Slot) => number) =>
      numbers.map((number) => {
        const slot = series.slots.get(number);
        return slot === undefined ? 0 : count(slot) / slotSeconds;
      });
    this.#rateChart.draw(
      [
        { color: "--line-0", times, values: perSecond(({ requests }) => requests) },
        { color: "--warn", times, values: perSecond(({ clientErrors }) => clientErrors) },
        { color: "--stderr", times, values: perSecond(({ serverErrors }) => serverErrors) },
      ],
      range,
    );
    const busy = numbers.filter((number) => series.slots.has(number));
    this.#latencyChart.draw(
      percentiles.map(([, fraction], index) => ({
        color: `--latency-${index}`,
        times: busy.map((number) => number * slotSeconds),
        values: busy.map((number) => series.slots.get(number)?.latency.percentile(fraction) ?? 0),
      })),
      range,
    );
  }

  #showSources(first: number, seconds: number): void {
    const sums = [...this.#options.store.sources]
      .map(([sourceId, series]) => ({ sourceId, name: series.name, sum: series.sum(first) }))
      .filter(({ sum }) => sum.requests > 0)
      .sort((a, b) => b.sum.requests - a.sum.requests);
    // A button that has the focus, or is pressed, stays.
    while (this.#rows.rows.length > sums.length) {
      this.#rows.deleteRow(-1);
    }
    for (const [index, { sourceId, name, sum }] of sums.entries()) {
      const row = this.#rows.rows[index] ?? this.#addRow();
      const [button] = row.getElementsByTagName("button");
      const texts = [
        `${rate(sum.requests / seconds)}/s`,
        share(sum.clientErrors, sum.requests),
        share(sum.serverErrors, sum.requests),
        ...percentiles.map(([, fraction]) => latency(sum.latency.percentile(fraction))),
      ];
      row.dataset["source"] = sourceId;
      row.classList.toggle("chosen", sourceId === this.#sourceId);
      if (button !== undefined && button.textContent !== name) {
        button.replaceChildren(element("span", "", name));
      }
      for (const [column, text] of texts.entries()) {
        const cell = row.cells[column + 1];
        if (cell !== undefined && cell.textContent !== text) {
          cell.textContent = text;
        }
      }
    }
  }

  #addRow(): HTMLTableRowElement {
    const row = this.#rows.insertRow();
    const button = element("button", "link");
    button.type = "button";
    button.addEventListener("click", () => {
      const sourceId = row.dataset["source"];
      this.#changeSource(sourceId === this.#sourceId ? undefined : sourceId);
    });
    row.append(
      element("td", "", button),
      ...Array.from({ length: 3 + percentiles.length }, () => element("td", "number")),
    );
    return row;
  }
}

function share(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(part === 0 ? 0 : 1)} %`;
}

/** A latency in milliseconds. */
function latency(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "" : duration(BigInt(Math.round(milliseconds * 1e6)));
}

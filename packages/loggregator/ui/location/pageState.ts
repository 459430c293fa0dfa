import { type EnvelopeType, envelopeTypes } from "../../src/filter/filter.js";

/** The views of the page. */
export const views = ["stream", "metrics", "requests"] as const;

export type View = (typeof views)[number];

/** The selections in the address of the page, so that it can be bookmarked and reloaded. */
export interface PageState {
  readonly view: View;
  /** The text of the search box. */
  readonly query: string;
  /** Types that the list does not show. */
  readonly hidden: ReadonlySet<EnvelopeType>;
  /** The range of time, in milliseconds since the UNIX epoch: from (inclusive), to (exclusive). */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** The id of a trace. */
  readonly trace: string | undefined;
  /** The selected envelope, see `envelopeId`. */
  readonly envelope: string | undefined;
  /** The metric of the metrics view, and the name of its source. */
  readonly metric: string | undefined;
  readonly source: string | undefined;
  /** The source id of the requests view. */
  readonly app: string | undefined;
  /** The time that the charts of a view show, in seconds. Undefined: `defaultWindow`. */
  readonly metricWindow: number | undefined;
  readonly requestWindow: number | undefined;
}

/** The times that charts can show, in seconds. */
export const windows = [60, 300, 900] as const;
export const defaultWindow = 300;

/** Parses the fragment of an address. Unknown and invalid parts are ignored. */
export function parseState(fragment: string): PageState {
  const params = new URLSearchParams(fragment.replace(/^#/, ""));
  const hidden = (params.get("hide") ?? "").split(",");
  return {
    view: views.find((view) => view === params.get("view")) ?? "stream",
    query: params.get("q") ?? "",
    hidden: new Set(envelopeTypes.filter((type) => hidden.includes(type))),
    from: timeOf(params.get("from")),
    to: timeOf(params.get("to")),
    trace: params.get("trace") || undefined,
    envelope: params.get("envelope") || undefined,
    metric: params.get("metric") || undefined,
    source: params.get("source") || undefined,
    app: params.get("app") || undefined,
    metricWindow: windowOf(params.get("metric-window")),
    requestWindow: windowOf(params.get("request-window")),
  };
}

/** Returns the fragment of the address for a state, with `#`. */
export function formatState(state: PageState): string {
  const { view, query, hidden, from, to, trace, envelope, metric, source, app } = state;
  const { metricWindow, requestWindow } = state;
  const entries = Object.entries({
    view: view === "stream" ? undefined : view,
    q: query,
    hide: [...hidden].join(","),
    from: from === undefined ? undefined : new Date(from).toISOString(),
    to: to === undefined ? undefined : new Date(to).toISOString(),
    trace,
    envelope,
    metric,
    source,
    app,
    "metric-window": metricWindow?.toString(),
    "request-window": requestWindow?.toString(),
  }).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "");
  return `#${new URLSearchParams(entries)}`;
}

function timeOf(text: string | null): number | undefined {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** Returns a time that charts can show; undefined for the default, so that it is not in the address. */
export function windowOf(text: string | null): number | undefined {
  const seconds = windows.find((known) => String(known) === text);
  return seconds === defaultWindow ? undefined : seconds;
}

// Runs in the browser: reads envelopes from this page's server, and shows them.

import { follow } from "./connection/connection.js";
import { showConnection, showSource } from "./connection/status.js";
import { takeAccessKey } from "./connection/takeAccessKey.js";
import { byId } from "./dom.js";
import { FilterBar } from "./filter/filterBar.js";
import { formatState, type PageState, parseState, type View, views } from "./location/pageState.js";
import { Meters } from "./meters/meters.js";
import { MetricStore } from "./metrics/metricStore.js";
import { MetricsView } from "./metrics/metricsView.js";
import { RequestStore } from "./requests/requestStore.js";
import { RequestsView } from "./requests/requestsView.js";
import { StreamView } from "./streamView.js";

const accessKey = takeAccessKey();
let state = parseState(location.hash);

const meters = new Meters();
const metrics = new MetricStore();
const requests = new RequestStore();
const filters = new FilterBar(applyFilter);
const stream = new StreamView({
  onPause: showCounts,
  onRange: (range) => filters.change({ from: range?.from, to: range?.to }),
  onSelect: (envelope) => setState({ envelope }),
  onTerm: (key, value) => filters.addTerm(key, value),
  onTrace: (trace) => filters.change({ trace, query: "", hidden: new Set() }),
});
const metricsView = new MetricsView(metrics, (choice) => setState(choice));
const requestsView = new RequestsView({
  store: requests,
  onChange: (choice) => setState(choice),
});
const sections: Record<View, HTMLElement> = {
  stream: byId("stream", HTMLElement),
  metrics: byId("metrics", HTMLElement),
  requests: byId("requests", HTMLElement),
};
const form = byId("filters", HTMLFormElement);

document.addEventListener("keydown", (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  // In a field Escape clears the field, and closes its list.
  const isField = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  if (isField || ctrlKey || metaKey || altKey || state.view !== "stream") {
    return;
  }
  if (key === "Escape") {
    stream.closeDetails();
  } else if (key === "/") {
    event.preventDefault();
    byId("query", HTMLInputElement).focus();
  }
});
addEventListener("hashchange", () => {
  state = parseState(location.hash);
  showState();
});

showState();
if (state.envelope !== undefined) {
  stream.selectWhenItArrives(state.envelope);
}
showCounts();
setInterval(showCounts, 250);
setInterval(drawCharts, 1_000);
void follow(
  {
    onConnection: showConnection,
    onSource: showSource,
    onDropped: (count) => meters.dropped(count),
    onBatch(batch, isRecent) {
      const now = Date.now();
      for (const envelope of batch) {
        metrics.add(envelope);
        requests.add(envelope, now);
      }
      meters.count(batch, isRecent);
      filters.offerSources(batch);
      stream.add(batch);
    },
  },
  accessKey,
);

/** Changes the state, and with it the address. */
function setState(changed: Partial<PageState>): void {
  state = { ...state, ...changed };
  const fragment = formatState(state);
  if (fragment !== (location.hash || "#")) {
    history.replaceState(null, "", fragment);
  }
  setLinks();
}

/** Shows the state of the address. */
function showState(): void {
  filters.show(state);
  stream.filter(filters.predicate, state);
  metricsView.choose(state);
  requestsView.choose(state);
  for (const view of views) {
    sections[view].hidden = view !== state.view;
  }
  form.hidden = state.view !== "stream";
  setLinks();
  drawCharts();
}

function applyFilter(): void {
  stream.filter(filters.predicate, filters.state);
  setState(filters.state);
}

/** The links to the views keep the rest of the state. */
function setLinks(): void {
  for (const view of views) {
    const link = byId(`view-${view}`, HTMLAnchorElement);
    link.href = formatState({ ...state, view });
    if (view === state.view) {
      link.ariaCurrent = "page";
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

function showCounts(): void {
  meters.show(stream.counts);
  if (state.view === "stream") {
    stream.drawTimeline();
  }
}

function drawCharts(): void {
  if (state.view === "metrics") {
    metricsView.draw();
  } else if (state.view === "requests") {
    requestsView.draw();
  }
}

// What runs in the browser: follows the gateway behind this page's server, and shows what comes.

import { follow } from "./connection.js";
import { Details } from "./details.js";
import { byId } from "./dom.js";
import { EnvelopeList } from "./envelopeList.js";
import { EnvelopeRing } from "./envelopeRing.js";
import { predicateOf } from "./filter.js";
import { FilterBar } from "./filterBar.js";
import { Matches } from "./matches.js";
import { Meters } from "./meters.js";
import { showConnection } from "./status.js";

const kept = 50_000;
const keptBytes = 128 * 1024 * 1024;
/** How long one frame may look for matches; the rest of its 16 ms is for drawing. */
const searchMs = 4;
/** The list is not drawn while a new filter still has more than this to look at: it would race past. */
const farBehind = 2_000;

const ring = new EnvelopeRing(kept, keptBytes);
/** What comes while the list is held. */
const arrivals = new EnvelopeRing(kept, keptBytes);
const matches = new Matches(ring);
const meters = new Meters();

/** Why the list is held: the reader has said so, or looks at what has gone by. */
let held: "paused" | "looking back" | undefined;

const list = new EnvelopeList({
  ring,
  matches,
  onLookBack: () => hold(held ?? "looking back"),
  onEnd: () => {
    if (held === "looking back") hold(undefined);
  },
  onSelect: (number) => details.show(number === undefined ? undefined : ring.at(number)),
  onPause: togglePause,
  onChange: draw,
});
const details = new Details(closeDetails, (sourceId) => filters.setSource(sourceId));
const filters = new FilterBar(() => {
  matches.restart(predicateOf(filters.filter));
  list.keepPlace();
  draw();
});

const pauseButton = byId("pause", HTMLButtonElement);
pauseButton.addEventListener("click", togglePause);
byId("clear", HTMLButtonElement).addEventListener("click", () => {
  ring.clear();
  arrivals.clear();
  list.select(undefined);
});
document.addEventListener("keydown", ({ key, target }) => {
  // In a field for search it means to empty that.
  if (key === "Escape" && !(target instanceof HTMLInputElement)) closeDetails();
});

matches.restart(predicateOf(filters.filter));
showCounts();
setInterval(showCounts, 250);
void follow({
  onConnection: showConnection,
  onBatch(batch) {
    const target = held === undefined ? ring : arrivals;
    for (const envelope of batch) target.push(envelope);
    meters.count(batch);
    filters.offerSources(batch);
    if (held === undefined) draw();
  },
});

function hold(reason: typeof held): void {
  if (reason === held) return;
  held = reason;
  list.follows = held === undefined;
  if (held === undefined) {
    for (let number = arrivals.first; number < arrivals.end; number += 1) {
      const envelope = arrivals.at(number);
      if (envelope !== undefined) ring.push(envelope);
    }
    arrivals.clear();
  }
  pauseButton.ariaPressed = String(held !== undefined);
  showCounts();
  draw();
}

function togglePause(): void {
  hold(held === undefined ? "paused" : undefined);
}

function closeDetails(): void {
  list.select(undefined);
  list.focus();
}

let drawing = false;

/** Draws in the next frame, however often it is called before. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    matches.lookOn(searchMs);
    if (matches.behind < farBehind) list.draw();
    if (matches.behind > 0) draw();
  });
}

function showCounts(): void {
  meters.show({
    kept: ring.end - ring.first,
    shown: matches.end - matches.first,
    waiting: held === undefined ? undefined : arrivals.end - arrivals.first,
  });
}

// Runs in the browser: reads from the gateway behind this page's server, and shows the envelopes.

import { EnvelopeRing } from "../src/ui/envelopeRing.js";
import { takeAccessKey } from "./connection/accessKey.js";
import { follow } from "./connection/connection.js";
import { showConnection, showSource } from "./connection/status.js";
import { Details } from "./details/details.js";
import { byId } from "./dom.js";
import { predicateOf } from "./filter/filter.js";
import { FilterBar } from "./filter/filterBar.js";
import { EnvelopeList } from "./list/envelopeList.js";
import { Matches } from "./list/matches.js";
import { Meters } from "./meters/meters.js";

const kept = 50_000;
const keptBytes = 128 * 1024 * 1024;
/** The time per frame for searching, in milliseconds. The rest of its 16 ms is for drawing. */
const searchMs = 4;
/**
 * The list is not drawn while a new filter has to check more envelopes than this, as it would
 * scroll too fast.
 */
const maxBehind = 2_000;

const ring = new EnvelopeRing(kept, keptBytes);
/** Envelopes that arrive while the list is paused. */
const arrivals = new EnvelopeRing(kept, keptBytes);
const matches = new Matches(ring);
const meters = new Meters();

/** The reason why the list is paused: the button, or because the user scrolled back. */
let paused: "button" | "scrolled back" | undefined;

const list = new EnvelopeList({
  ring,
  matches,
  onScrollBack: () => pause(paused ?? "scrolled back"),
  onEnd: () => {
    if (paused === "scrolled back") {
      pause(undefined);
    }
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
  // In a search field Escape clears the field.
  if (key === "Escape" && !(target instanceof HTMLInputElement)) {
    closeDetails();
  }
});

matches.restart(predicateOf(filters.filter));
showCounts();
setInterval(showCounts, 250);
const accessKey = takeAccessKey();
void follow(
  {
    onConnection: showConnection,
    onSource: showSource,
    onDropped: (count) => meters.dropped(count),
    onBatch(batch, isRecent) {
      const target = paused === undefined ? ring : arrivals;
      for (const envelope of batch) {
        target.push(envelope);
      }
      meters.count(batch, isRecent);
      filters.offerSources(batch);
      if (paused === undefined) {
        draw();
      }
    },
  },
  accessKey,
);

function pause(reason: typeof paused): void {
  if (reason === paused) {
    return;
  }
  paused = reason;
  list.follows = paused === undefined;
  if (paused === undefined) {
    for (let number = arrivals.first; number < arrivals.end; number += 1) {
      const envelope = arrivals.at(number);
      if (envelope !== undefined) {
        ring.push(envelope);
      }
    }
    arrivals.clear();
  }
  pauseButton.ariaPressed = String(paused !== undefined);
  showCounts();
  draw();
}

function togglePause(): void {
  pause(paused === undefined ? "button" : undefined);
}

function closeDetails(): void {
  list.select(undefined);
  list.focus();
}

let drawing = false;

/** Draws once in the next frame, even if it is called several times. */
function draw(): void {
  if (drawing) {
    return;
  }
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    matches.advance(searchMs);
    if (matches.behind < maxBehind) {
      list.draw();
    }
    if (matches.behind > 0) {
      draw();
    }
  });
}

function showCounts(): void {
  meters.show({
    kept: ring.end - ring.first,
    shown: matches.end - matches.first,
    waiting: paused === undefined ? undefined : arrivals.end - arrivals.first,
  });
}

import type { Envelope } from "@loggregator/api";
import { EnvelopeRing } from "../src/ui/envelopeRing.js";
import { Details, type DetailsActions } from "./details/details.js";
import { byId } from "./dom.js";
import { EnvelopeFacts } from "./list/envelopeFacts.js";
import { envelopeId } from "./list/envelopeId.js";
import { EnvelopeList } from "./list/envelopeList.js";
import { exportEnvelopes } from "./list/exportEnvelopes.js";
import { Matches } from "./list/matches.js";
import type { ListCounts } from "./meters/meters.js";
import type { TimeRange } from "./timeline/histogram.js";
import { Timeline } from "./timeline/timeline.js";

const kept = 50_000;
const keptBytes = 128 * 1024 * 1024;
/** The time per frame for searching, in milliseconds. The rest of its 16 ms is for drawing. */
const searchMs = 4;
/**
 * The list is not drawn while a new filter has to check more envelopes than this, as it would
 * scroll too fast.
 */
const maxBehind = 2_000;

export interface StreamViewOptions extends Pick<DetailsActions, "onTerm" | "onTrace"> {
  /** Called when another envelope is selected, with its id: see `envelopeId`. */
  readonly onSelect: (id: string | undefined) => void;
  /** Called when the user chooses a range of time. */
  readonly onRange: (range: TimeRange | undefined) => void;
  /** Called when the list is paused or resumed. */
  readonly onPause: () => void;
}

/** The list of envelopes with its timeline and the details of the selected one. */
export class StreamView {
  readonly #options: StreamViewOptions;
  readonly #ring = new EnvelopeRing(kept, keptBytes);
  readonly #facts = new EnvelopeFacts(kept);
  /** Envelopes that arrive while the list is paused. */
  readonly #arrivals = new EnvelopeRing(kept, keptBytes);
  readonly #matches = new Matches(this.#ring);
  readonly #list: EnvelopeList;
  readonly #details: Details;
  readonly #timeline: Timeline;
  readonly #pause = byId("pause", HTMLButtonElement);
  /** The reason why the list is paused: the button, or because the user scrolled back. */
  #paused: "button" | "scrolled back" | undefined;
  #bounds: { readonly from?: number | undefined; readonly to?: number | undefined } = {};
  /** The id of an envelope to select when it arrives. */
  #wanted: string | undefined;
  #drawing = false;

  constructor(options: StreamViewOptions) {
    this.#options = options;
    this.#list = new EnvelopeList({
      ring: this.#ring,
      matches: this.#matches,
      onScrollBack: () => this.#setPaused(this.#paused ?? "scrolled back"),
      onEnd: () => {
        if (this.#paused === "scrolled back") {
          this.#setPaused(undefined);
        }
      },
      onSelect: (number) => this.#select(number),
      onPause: () => this.#togglePause(),
      onChange: () => this.draw(),
    });
    this.#details = new Details({ ...options, onClose: () => this.closeDetails() });
    this.#timeline = new Timeline(options.onRange);
    this.#pause.addEventListener("click", () => this.#togglePause());
    byId("clear", HTMLButtonElement).addEventListener("click", () => this.#clear());
    byId("export", HTMLButtonElement).addEventListener("click", () => {
      void exportEnvelopes(this.#shown());
    });
  }

  get counts(): ListCounts {
    const arrived = this.#arrivals.end - this.#arrivals.first;
    return {
      kept: this.#ring.end - this.#ring.first,
      shown: this.#matches.end - this.#matches.first,
      waiting: this.#paused === undefined ? undefined : arrived,
    };
  }

  add(batch: readonly Envelope[]): void {
    for (const envelope of batch) {
      if (this.#paused === undefined) {
        this.#keep(envelope);
      } else {
        this.#arrivals.push(envelope);
      }
    }
    this.draw();
  }

  /** Shows the envelopes that pass a filter. The timeline has the filter's range of time. */
  filter(
    predicate: (envelope: Envelope) => boolean,
    bounds: { readonly from?: number | undefined; readonly to?: number | undefined },
  ): void {
    this.#bounds = bounds;
    this.#matches.restart(predicate);
    this.#list.keepPlace();
    this.draw();
  }

  /** Selects the envelope with this id when it arrives: see `envelopeId`. */
  selectWhenItArrives(id: string): void {
    this.#wanted = id;
  }

  closeDetails(): void {
    this.#list.select(undefined);
    this.#list.focus();
  }

  /** Draws the list once in the next frame, even if it is called several times. */
  draw(): void {
    if (this.#drawing) {
      return;
    }
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#matches.advance(searchMs);
      if (this.#matches.behind < maxBehind) {
        this.#list.draw();
      }
      if (this.#matches.behind > 0) {
        this.draw();
      }
    });
  }

  drawTimeline(): void {
    const { first, end } = this.#matches;
    const numberOf = (index: number) => this.#matches.numberOf(first + index);
    this.#timeline.draw(
      {
        count: end - first,
        timeOf: (index) => this.#facts.timeOf(numberOf(index)),
        isError: (index) => this.#facts.isError(numberOf(index)),
      },
      this.#bounds,
    );
  }

  #keep(envelope: Envelope): void {
    const number = this.#ring.end;
    this.#facts.set(number, envelope);
    this.#ring.push(envelope);
    if (
      this.#wanted?.startsWith(`${envelope.timestamp}-`) &&
      this.#wanted === envelopeId(envelope)
    ) {
      this.#wanted = undefined;
      // The rest of the batch arrives while the list is paused.
      this.#setPaused("button");
      this.#matches.advance(Number.POSITIVE_INFINITY);
      this.#list.show(number);
    }
  }

  #select(number: number | undefined): void {
    const envelope = number === undefined ? undefined : this.#ring.at(number);
    this.#details.show(envelope);
    this.#options.onSelect(envelope && envelopeId(envelope));
  }

  #shown(): Envelope[] {
    const { first, end } = this.#matches;
    return Array.from({ length: end - first }, (_, index) =>
      this.#ring.at(this.#matches.numberOf(first + index)),
    ).filter((envelope) => envelope !== undefined);
  }

  #clear(): void {
    this.#ring.clear();
    this.#arrivals.clear();
    this.#list.select(undefined);
  }

  #togglePause(): void {
    this.#setPaused(this.#paused === undefined ? "button" : undefined);
  }

  #setPaused(reason: "button" | "scrolled back" | undefined): void {
    if (reason === this.#paused) {
      return;
    }
    this.#paused = reason;
    this.#list.follows = reason === undefined;
    if (reason === undefined) {
      for (let number = this.#arrivals.first; number < this.#arrivals.end; number += 1) {
        const envelope = this.#arrivals.at(number);
        if (envelope !== undefined) {
          this.#keep(envelope);
        }
      }
      this.#arrivals.clear();
    }
    this.#pause.ariaPressed = String(reason !== undefined);
    this.#options.onPause();
    this.draw();
  }
}

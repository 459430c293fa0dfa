import { grouped } from "../../src/text/formatNumbers.js";
import { byId } from "../dom.js";
import { Bars } from "./bars.js";
import { Brush } from "./brush.js";
import { type Histogram, histogramOf, type TimeRange } from "./histogram.js";

/** The width of a bar in CSS pixels, with the gap. */
const barWidth = 6;

/** The envelopes that the timeline counts. */
export interface TimelineData {
  readonly count: number;
  /** The time of an envelope, in milliseconds since the UNIX epoch. */
  readonly timeOf: (index: number) => number;
  readonly isError: (index: number) => boolean;
}

/**
 * The histogram above the list. A range is chosen by dragging, or with the keyboard: arrow keys move
 * a mark, Enter sets the start and then the end.
 */
export class Timeline {
  readonly #onRange: (range: TimeRange | undefined) => void;
  readonly #box = byId("timeline", HTMLElement);
  readonly #bars = new Bars();
  readonly #brush = new Brush();
  readonly #from = byId("timeline-from", HTMLElement);
  readonly #to = byId("timeline-to", HTMLElement);
  readonly #hint = byId("timeline-hint", HTMLElement);
  #histogram: Histogram | undefined;
  #width = 0;
  #isDragging = false;

  /** @param onRange Called when the user chooses a range, or undefined to remove it. */
  constructor(onRange: (range: TimeRange | undefined) => void) {
    this.#onRange = onRange;
    const box = this.#box;
    new ResizeObserver(() => {
      this.#width = box.clientWidth;
    }).observe(box);
    box.addEventListener("pointerdown", (event) => this.#press(event));
    box.addEventListener("pointermove", (event) => this.#move(event));
    box.addEventListener("pointerup", () => this.#release());
    box.addEventListener("pointercancel", () => this.#reset());
    box.addEventListener("pointerleave", () => {
      if (!this.#isDragging) {
        this.#hint.textContent = "";
      }
    });
    box.addEventListener("blur", () => this.#reset());
    box.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows the envelopes in a range, of which either end may be open. */
  draw(
    { count, timeOf, isError }: TimelineData,
    bounds: { readonly from?: number | undefined; readonly to?: number | undefined },
  ): void {
    // The bars under the pointer must not move.
    if (this.#isDragging) {
      return;
    }
    const maxBins = Math.max(10, Math.floor(this.#width / barWidth));
    const histogram = histogramOf(count, timeOf, isError, bounds, maxBins);
    this.#histogram = histogram;
    this.#bars.draw(histogram);
    this.#from.textContent = histogram === undefined ? "" : clock(histogram.from);
    this.#to.textContent = histogram === undefined ? "" : clock(histogram.to);
    this.#box.ariaValueMax = String(this.#bins - 1);
    this.#describe(this.#brush.end);
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0 || this.#histogram === undefined) {
      return;
    }
    this.#box.setPointerCapture(event.pointerId);
    this.#isDragging = true;
    this.#brush.start = this.#binAt(event);
    this.#brush.end = this.#brush.start;
  }

  #move(event: PointerEvent): void {
    if (this.#isDragging) {
      this.#brush.end = this.#binAt(event);
      this.#brush.draw(this.#bins);
    }
    this.#describe(this.#binAt(event));
  }

  #release(): void {
    const isClick = this.#brush.start === this.#brush.end;
    if (this.#isDragging && !isClick) {
      this.#choose();
    }
    this.#reset();
  }

  #reset(): void {
    this.#isDragging = false;
    this.#brush.clear();
    this.#brush.draw(this.#bins);
  }

  #key(event: KeyboardEvent): void {
    const brush = this.#brush;
    const moves: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageUp: -10,
      PageDown: 10,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const move = moves[event.key];
    if (move !== undefined && this.#histogram !== undefined) {
      const bins = this.#bins;
      brush.end = Math.min(bins - 1, Math.max(0, (brush.end ?? bins) + move));
      this.#describe(brush.end);
    } else if (event.key === "Enter" && brush.end !== undefined) {
      if (brush.start === undefined) {
        brush.start = brush.end;
      } else {
        this.#choose();
        brush.clear();
      }
    } else if (event.key === "Escape") {
      if (brush.end === undefined) {
        this.#onRange(undefined);
      }
      brush.clear();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    brush.draw(this.#bins);
  }

  #choose(): void {
    const histogram = this.#histogram;
    const { range } = this.#brush;
    if (histogram === undefined || range === undefined) {
      return;
    }
    const from = histogram.from + range.first * histogram.binMs;
    this.#onRange({ from, to: histogram.from + (range.last + 1) * histogram.binMs });
  }

  #binAt({ clientX }: PointerEvent): number {
    const { left, width } = this.#box.getBoundingClientRect();
    const bins = this.#bins;
    const bin = Math.floor(((clientX - left) / width) * bins);
    return Math.min(bins - 1, Math.max(0, bin));
  }

  get #bins(): number {
    return this.#histogram?.counts.length ?? 1;
  }

  #describe(bin: number | undefined): void {
    const histogram = this.#histogram;
    if (histogram === undefined || bin === undefined || bin >= histogram.counts.length) {
      return;
    }
    const count = histogram.counts[bin] ?? 0;
    const errors = histogram.errors[bin] ?? 0;
    const time = clock(histogram.from + bin * histogram.binMs);
    const text = `${time} · ${grouped(count)}${errors === 0 ? "" : `, ${grouped(errors)} errors`}`;
    this.#hint.textContent = text;
    this.#box.ariaValueNow = String(bin);
    this.#box.ariaValueText = text;
  }
}

/** Local time, with milliseconds if they are not 0. */
export function clock(milliseconds: number): string {
  const time = new Date(milliseconds).toTimeString().slice(0, 8);
  const rest = Math.floor(milliseconds % 1_000);
  return rest === 0 ? time : `${time}.${String(rest).padStart(3, "0")}`;
}

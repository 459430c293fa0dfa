import { grouped } from "../../src/text/formatNumbers.js";
import { byId } from "../dom.js";
import { type Histogram, histogramOf, type TimeRange } from "./histogram.js";

/** The width of a bar in CSS pixels, with the gap. */
const barWidth = 6;
/** In CSS pixels, as in the style sheet. */
const height = 40;

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
  readonly #svg = byId("timeline-bars", SVGSVGElement);
  readonly #all = byId("timeline-all", SVGPathElement);
  readonly #errors = byId("timeline-errors", SVGPathElement);
  readonly #brush = byId("timeline-brush", HTMLElement);
  readonly #from = byId("timeline-from", HTMLElement);
  readonly #to = byId("timeline-to", HTMLElement);
  readonly #hint = byId("timeline-hint", HTMLElement);
  #histogram: Histogram | undefined;
  #width = 0;
  /** The bins at the ends of the brush; the second one moves. */
  #start: number | undefined;
  #end: number | undefined;
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
    const bins = histogram?.counts.length ?? 1;
    this.#svg.setAttribute("viewBox", `0 0 ${bins} ${height}`);
    const most = Math.max(1, ...(histogram?.counts ?? []));
    set(this.#all, "d", bars(histogram?.counts ?? [], most));
    set(this.#errors, "d", bars(histogram?.errors ?? [], most));
    this.#from.textContent = histogram === undefined ? "" : clock(histogram.from);
    this.#to.textContent = histogram === undefined ? "" : clock(histogram.to);
    this.#box.ariaValueMax = String(bins - 1);
    this.#describe(this.#end);
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0 || this.#histogram === undefined) {
      return;
    }
    this.#box.setPointerCapture(event.pointerId);
    this.#isDragging = true;
    this.#start = this.#binAt(event);
    this.#end = this.#start;
  }

  #move(event: PointerEvent): void {
    if (this.#isDragging) {
      this.#end = this.#binAt(event);
      this.#showBrush();
    }
    this.#describe(this.#binAt(event));
  }

  #release(): void {
    const isClick = this.#start === this.#end;
    if (this.#isDragging && !isClick) {
      this.#choose();
    }
    this.#reset();
  }

  #reset(): void {
    this.#isDragging = false;
    this.#start = undefined;
    this.#end = undefined;
    this.#showBrush();
  }

  #key(event: KeyboardEvent): void {
    const bins = this.#histogram?.counts.length ?? 0;
    const moves: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageUp: -10,
      PageDown: 10,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const move = moves[event.key];
    if (move !== undefined && bins > 0) {
      this.#end = Math.min(bins - 1, Math.max(0, (this.#end ?? bins) + move));
      this.#describe(this.#end);
    } else if (event.key === "Enter" && this.#end !== undefined) {
      if (this.#start === undefined) {
        this.#start = this.#end;
      } else {
        this.#choose();
        this.#start = undefined;
        this.#end = undefined;
      }
    } else if (event.key === "Escape") {
      if (this.#end === undefined) {
        this.#onRange(undefined);
      }
      this.#start = undefined;
      this.#end = undefined;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    this.#showBrush();
  }

  #choose(): void {
    const histogram = this.#histogram;
    if (histogram === undefined || this.#start === undefined || this.#end === undefined) {
      return;
    }
    const first = Math.min(this.#start, this.#end);
    const last = Math.max(this.#start, this.#end);
    const from = histogram.from + first * histogram.binMs;
    this.#onRange({ from, to: histogram.from + (last + 1) * histogram.binMs });
  }

  #binAt({ clientX }: PointerEvent): number {
    const { left, width } = this.#box.getBoundingClientRect();
    const bins = this.#histogram?.counts.length ?? 1;
    const bin = Math.floor(((clientX - left) / width) * bins);
    return Math.min(bins - 1, Math.max(0, bin));
  }

  #showBrush(): void {
    const bins = this.#histogram?.counts.length ?? 1;
    const end = this.#end;
    this.#brush.hidden = end === undefined;
    if (end !== undefined) {
      const start = this.#start ?? end;
      this.#brush.style.left = `${(100 * Math.min(start, end)) / bins}%`;
      this.#brush.style.width = `${(100 * (Math.abs(start - end) + 1)) / bins}%`;
    }
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

/** The outline of bars that are 1 wide, with a gap. */
function bars(counts: readonly number[], most: number): string {
  return counts
    .map((count, index) => {
      if (count === 0) {
        return "";
      }
      // At least visible.
      const top = (height - Math.max(1, (height * count) / most)).toFixed(1);
      return `M${index + 0.1} ${height}V${top}H${index + 0.9}V${height}Z`;
    })
    .join("");
}

function set(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

/** Local time, with milliseconds if they are not 0. */
export function clock(milliseconds: number): string {
  const time = new Date(milliseconds).toTimeString().slice(0, 8);
  const rest = Math.floor(milliseconds % 1_000);
  return rest === 0 ? time : `${time}.${String(rest).padStart(3, "0")}`;
}

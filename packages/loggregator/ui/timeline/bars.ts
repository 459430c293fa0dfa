import { byId } from "../dom.js";
import type { Histogram } from "./histogram.js";

/** In CSS pixels, as in the style sheet. */
const height = 40;

/** The bars of the timeline: all envelopes, and errors in front of them. */
export class Bars {
  readonly #svg = byId("timeline-bars", SVGSVGElement);
  readonly #all = byId("timeline-all", SVGPathElement);
  readonly #errors = byId("timeline-errors", SVGPathElement);

  draw(histogram: Histogram | undefined): void {
    const { counts, errors } = histogram ?? { counts: [], errors: [] };
    const most = Math.max(1, ...counts);
    this.#svg.setAttribute("viewBox", `0 0 ${histogram?.counts.length ?? 1} ${height}`);
    set(this.#all, "d", outline(counts, most));
    set(this.#errors, "d", outline(errors, most));
  }
}

/** The outline of bars that are 1 wide, with a gap. */
function outline(counts: readonly number[], most: number): string {
  return counts
    .map((count, index) => {
      if (count === 0) {
        return "";
      }
      // At least one pixel, so that it is visible.
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

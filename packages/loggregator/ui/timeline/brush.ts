import { byId } from "../dom.js";

/** The range of bins that the user is choosing in the timeline. */
export class Brush {
  /** The bins at both ends. `end` moves; without `start`, it is a mark. */
  start: number | undefined;
  end: number | undefined;
  readonly #element = byId("timeline-brush", HTMLElement);

  /** The first and the last bin. Undefined unless both ends are chosen. */
  get range(): { readonly first: number; readonly last: number } | undefined {
    const { start, end } = this;
    return start === undefined || end === undefined
      ? undefined
      : { first: Math.min(start, end), last: Math.max(start, end) };
  }

  clear(): void {
    this.start = undefined;
    this.end = undefined;
  }

  /** Shows it over a timeline of `bins` bins. */
  draw(bins: number): void {
    const { end } = this;
    this.#element.hidden = end === undefined;
    if (end !== undefined) {
      const { first, last } = this.range ?? { first: end, last: end };
      this.#element.style.left = `${(100 * first) / bins}%`;
      this.#element.style.width = `${(100 * (last - first + 1)) / bins}%`;
    }
  }
}

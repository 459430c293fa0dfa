import { cut, padEnd, textWidth } from "../textWidth.js";

/** Whether text that is wider than the bound of its column is cut. */
export type Overflow = "cut" | "exceed";

/**
 * A column that grows with its texts up to a bound, and never shrinks, so that neighbouring lines
 * align.
 */
export class Column {
  #width: number;
  readonly #max: number;
  readonly #overflow: Overflow;

  constructor(width: number, max: number, overflow: Overflow) {
    this.#width = Math.min(width, max);
    this.#max = max;
    this.#overflow = overflow;
  }

  /** Pads to the widest text so far. */
  pad(text: string): string {
    // Measuring is slow: text of this length is wide enough.
    if (text.length > 8 * this.#max) {
      return this.#overflow === "cut" ? cut(text, this.#max) : text;
    }
    const width = textWidth(text);
    if (width > this.#width) {
      this.#width = Math.min(width, this.#max);
    }
    return width > this.#max && this.#overflow === "cut"
      ? padEnd(cut(text, this.#max), this.#width)
      : padEnd(text, this.#width);
  }
}

import { byId } from "../dom.js";
import { ListRow } from "./listRow.js";

/** The rows that fit on the screen, in an element that is moved to their place in the list. */
export class RowWindow {
  readonly #element = byId("window", HTMLElement);
  readonly #rows: ListRow[] = [];
  #top = 0;

  /** The number of the envelope in the first row. */
  get first(): number | undefined {
    return this.#rows[0]?.number;
  }

  /** Whether there is a row for an envelope. */
  shows(number: number): boolean {
    return this.#rows.some((row) => row.number === number);
  }

  /** The number of the envelope whose row contains an element. */
  numberAt(target: EventTarget | null): number | undefined {
    if (!(target instanceof Element)) {
      return undefined;
    }
    const row = target.closest("[role=option]");
    return this.#rows.find(({ element }) => element === row)?.number;
  }

  /** Sets the number of rows. */
  resize(count: number): void {
    while (this.#rows.length < count) {
      const row = new ListRow(`row-${this.#rows.length}`);
      this.#rows.push(row);
      this.#element.append(row.element);
    }
    while (this.#rows.length > count) {
      this.#rows.pop()?.element.remove();
    }
  }

  /** Draws each row with `drawRow`, and moves them to `top` in CSS pixels. */
  draw(top: number, drawRow: (row: ListRow, index: number) => void): void {
    this.#rows.forEach(drawRow);
    if (top !== this.#top) {
      this.#top = top;
      this.#element.style.transform = `translateY(${top}px)`;
    }
  }
}

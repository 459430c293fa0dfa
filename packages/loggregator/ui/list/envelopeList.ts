import type { EnvelopeRing } from "../../src/ui/envelopeRing.js";
import { byId } from "../dom.js";
import type { Matches } from "./matches.js";
import { RowWindow } from "./rowWindow.js";

export interface EnvelopeListOptions {
  readonly ring: EnvelopeRing;
  readonly matches: Matches;
  /** Called when the user scrolls up, or moves the selection with the keyboard. */
  readonly onScrollBack: () => void;
  /** Called when the user scrolls to the end. */
  readonly onEnd: () => void;
  readonly onSelect: (number: number | undefined) => void;
  readonly onPause: () => void;
  /** Called when the list must be drawn again. */
  readonly onChange: () => void;
}

/**
 * The list of envelopes. It has one row for each line that fits on the screen, however many
 * envelopes there are. A tall empty element gives the scroll bar its size.
 */
export class EnvelopeList {
  /** Whether the list stays at its end, where the newest envelopes are. */
  follows = true;
  readonly #options: EnvelopeListOptions;
  readonly #scroller = byId("list", HTMLElement);
  readonly #content = byId("content", HTMLElement);
  readonly #rows = new RowWindow();
  /** In CSS pixels. The style sheet defines it: rows have one or two lines. */
  #rowHeight = 24;
  #viewHeight = 0;
  #contentHeight = 0;
  #followedTo = 0;
  #anchor: number | undefined;
  #selected: number | undefined;
  #pressed: number | undefined;

  constructor(options: EnvelopeListOptions) {
    this.#options = options;
    const scroller = this.#scroller;
    new ResizeObserver(() => this.#resize()).observe(scroller);
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // Otherwise, the next envelope would undo a small turn of the wheel before the list has
    // scrolled.
    scroller.addEventListener(
      "wheel",
      ({ deltaY }) => {
        this.#anchor = undefined;
        if (deltaY < 0 && scroller.scrollTop > 0) {
          options.onScrollBack();
        }
      },
      { passive: true },
    );
    // Another envelope may be in that place when the button is released.
    scroller.addEventListener("pointerdown", (event) => {
      this.#pressed = this.#rows.numberAt(event.target);
    });
    scroller.addEventListener("click", () => {
      if (this.#pressed !== undefined && getSelection()?.isCollapsed !== false) {
        this.select(this.#pressed);
      }
    });
    scroller.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows the rows at the current position. */
  draw(): void {
    const { ring, matches } = this.#options;
    const count = matches.end - matches.first;
    this.#setContentHeight(count * this.#rowHeight);
    const end = Math.max(0, this.#contentHeight - this.#viewHeight);
    const top = this.follows ? end : Math.min(end, Math.max(0, this.#top()));
    const start = Math.floor(top / this.#rowHeight);
    let active = "";
    this.#rows.draw(start * this.#rowHeight, (row, index) => {
      const number = start + index < count ? matches.numberOf(matches.first + start + index) : -1;
      const envelope = ring.at(number);
      if (envelope === undefined) {
        row.hide();
      } else {
        row.show(number, envelope, number === this.#selected);
        if (number === this.#selected) {
          active = row.element.id;
        }
      }
    });
    if (active !== (this.#scroller.getAttribute("aria-activedescendant") ?? "")) {
      this.#scroller.setAttribute("aria-activedescendant", active);
    }
    if (this.follows ? top !== this.#followedTo : this.#anchor !== undefined) {
      this.#scroller.scrollTop = top;
    }
    this.#followedTo = top;
    if (this.#isAnchorReached(end)) {
      this.#anchor = undefined;
    }
  }

  /** Keeps the first envelope, or the next older one, in place when the filter changes. */
  keepPlace(): void {
    this.#anchor ??= this.#rows.first;
  }

  select(number: number | undefined): void {
    this.#anchor = undefined;
    this.#selected = number;
    this.#options.onSelect(number);
    this.#options.onChange();
  }

  /** Selects an envelope and scrolls to it. */
  show(number: number): void {
    this.select(number);
    this.#anchor = number;
  }

  /** Moves the keyboard focus to the list. */
  focus(): void {
    this.#scroller.focus({ preventScroll: true });
  }

  /** The scroll position to draw. */
  #top(): number {
    if (this.#anchor === undefined) {
      return this.#scroller.scrollTop;
    }
    const { matches } = this.#options;
    return (matches.lastUpTo(this.#anchor) - matches.first) * this.#rowHeight;
  }

  /**
   * Returns true if the list can be scrolled to the anchor. A search takes several frames: until it
   * has passed the anchor and found a screenful of matches after it, the list is too short.
   */
  #isAnchorReached(end: number): boolean {
    const { matches } = this.#options;
    if (this.#anchor === undefined || matches.behind === 0) {
      return true;
    }
    return matches.lastUpTo(this.#anchor) < matches.end - 1 && this.#top() <= end;
  }

  #setContentHeight(height: number): void {
    if (height === this.#contentHeight) {
      return;
    }
    this.#contentHeight = height;
    this.#content.style.height = `${height}px`;
  }

  #resize(): void {
    const selected = this.#selected;
    const isShown = selected !== undefined && this.#rows.shows(selected);
    this.#viewHeight = this.#scroller.clientHeight;
    const style = getComputedStyle(this.#content);
    const rowHeight = Number.parseFloat(style.getPropertyValue("--row-height"));
    if (rowHeight !== this.#rowHeight) {
      this.keepPlace();
      this.#rowHeight = rowHeight;
    }
    this.#rows.resize(Math.ceil(this.#viewHeight / this.#rowHeight) + 1);
    // The panel of details may cover the row of its envelope.
    if (isShown && !this.follows) {
      this.#reveal(this.#options.matches.lastUpTo(selected));
    }
    // Immediately, before the scroll event of this change.
    this.draw();
  }

  #scrolled(): void {
    const { scrollTop } = this.#scroller;
    if (this.follows) {
      if (scrollTop < this.#followedTo - 2) {
        this.#options.onScrollBack();
      }
    } else if (scrollTop + this.#viewHeight >= this.#contentHeight - 1) {
      this.#options.onEnd();
    }
    this.#options.onChange();
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const page = Math.max(1, Math.floor(this.#viewHeight / this.#rowHeight) - 1);
    const moves: Record<string, number> = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -page,
      PageDown: page,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const move = moves[event.key];
    if (move !== undefined) {
      this.#moveBy(move);
    } else if (event.key === " ") {
      this.#options.onPause();
    } else {
      return;
    }
    event.preventDefault();
  }

  #moveBy(rows: number): void {
    const { matches } = this.#options;
    if (matches.first === matches.end) {
      return;
    }
    this.#options.onScrollBack();
    const last = matches.end - 1;
    const from = this.#selected === undefined ? last + 1 : matches.lastUpTo(this.#selected);
    const to = Math.min(last, Math.max(matches.first, from + rows));
    this.#reveal(to);
    this.select(matches.numberOf(to));
  }

  /** Scrolls as little as needed to show all of a match's row. */
  #reveal(match: number): void {
    const top = (match - this.#options.matches.first) * this.#rowHeight;
    const { scrollTop } = this.#scroller;
    if (top < scrollTop) {
      this.#scroller.scrollTop = top;
    }
    const least = top + this.#rowHeight - this.#viewHeight;
    if (least > scrollTop) {
      this.#scroller.scrollTop = least;
    }
  }
}

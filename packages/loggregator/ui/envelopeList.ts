import { byId } from "./dom.js";
import type { EnvelopeRing } from "./envelopeRing.js";
import { ListRow } from "./listRow.js";
import type { Matches } from "./matches.js";

/** In CSS pixels, as in the style sheet. */
const rowHeight = 24;

export interface EnvelopeListOptions {
  readonly ring: EnvelopeRing;
  readonly matches: Matches;
  /** The reader has scrolled up, or has begun to look around with the keyboard. */
  readonly onLookBack: () => void;
  /** The reader has scrolled to the end. */
  readonly onEnd: () => void;
  readonly onSelect: (number: number | undefined) => void;
  readonly onPause: () => void;
  /** Something is to be drawn anew. */
  readonly onChange: () => void;
}

/**
 * The list of envelopes. There is a row for each line that fits on the screen and no more, however
 * many envelopes there are; a tall empty element makes the scroll bar right.
 */
export class EnvelopeList {
  /** Whether the list stays at its end, where the newest are. */
  follows = true;
  readonly #options: EnvelopeListOptions;
  readonly #scroller = byId("list", HTMLElement);
  readonly #content = byId("content", HTMLElement);
  readonly #window = byId("window", HTMLElement);
  readonly #rows: ListRow[] = [];
  #viewHeight = 0;
  #contentHeight = 0;
  #followedTo = 0;
  #windowTop = 0;
  #anchor: number | undefined;
  #selected: number | undefined;
  #pressed: number | undefined;

  constructor(options: EnvelopeListOptions) {
    this.#options = options;
    const scroller = this.#scroller;
    new ResizeObserver(() => this.#resize()).observe(scroller);
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // A gentle turn would be undone by the next envelope before it has come to anything.
    scroller.addEventListener(
      "wheel",
      ({ deltaY }) => {
        if (deltaY < 0 && scroller.scrollTop > 0) options.onLookBack();
      },
      { passive: true },
    );
    // By the time a button is let go another envelope may be there.
    scroller.addEventListener("pointerdown", (event) => {
      this.#pressed = this.#numberAt(event.target);
    });
    scroller.addEventListener("click", () => {
      if (this.#pressed !== undefined && getSelection()?.isCollapsed !== false) {
        this.select(this.#pressed);
      }
    });
    scroller.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows what is to be seen now. */
  draw(): void {
    const { ring, matches } = this.#options;
    const count = matches.end - matches.first;
    this.#setContentHeight(count * rowHeight);
    const end = Math.max(0, this.#contentHeight - this.#viewHeight);
    const top = this.follows ? end : Math.min(end, Math.max(0, this.#top()));
    const start = Math.floor(top / rowHeight);
    let active = "";
    this.#rows.forEach((row, index) => {
      const number = start + index < count ? matches.numberOf(matches.first + start + index) : -1;
      const envelope = ring.at(number);
      if (envelope === undefined) {
        row.hide();
      } else {
        row.show(number, envelope, number === this.#selected);
        if (number === this.#selected) active = row.element.id;
      }
    });
    if (start * rowHeight !== this.#windowTop) {
      this.#windowTop = start * rowHeight;
      this.#window.style.transform = `translateY(${this.#windowTop}px)`;
    }
    if (active !== (this.#scroller.getAttribute("aria-activedescendant") ?? "")) {
      this.#scroller.setAttribute("aria-activedescendant", active);
    }
    if (this.follows ? top !== this.#followedTo : this.#anchor !== undefined) {
      this.#scroller.scrollTop = top;
    }
    this.#followedTo = top;
    this.#anchor = undefined;
  }

  /** Has the next drawing begin with the same envelope, or the next older one, by another filter. */
  keepPlace(): void {
    this.#anchor ??= this.#rows[0]?.number;
  }

  select(number: number | undefined): void {
    this.#selected = number;
    this.#options.onSelect(number);
    this.#options.onChange();
  }

  /** Puts the keyboard's focus here. */
  focus(): void {
    this.#scroller.focus({ preventScroll: true });
  }

  /** How far down the list is to be looked at. */
  #top(): number {
    if (this.#anchor === undefined) return this.#scroller.scrollTop;
    const { matches } = this.#options;
    return (matches.lastUpTo(this.#anchor) - matches.first) * rowHeight;
  }

  #setContentHeight(height: number): void {
    if (height === this.#contentHeight) return;
    this.#contentHeight = height;
    this.#content.style.height = `${height}px`;
  }

  #resize(): void {
    const active = this.#rows.find(({ number }) => number === this.#selected)?.number;
    this.#viewHeight = this.#scroller.clientHeight;
    const wanted = Math.ceil(this.#viewHeight / rowHeight) + 1;
    while (this.#rows.length < wanted) {
      const row = new ListRow(`row-${this.#rows.length}`);
      this.#rows.push(row);
      this.#window.append(row.element);
    }
    while (this.#rows.length > wanted) this.#rows.pop()?.element.remove();
    // The details that have been asked for may have taken the room where their envelope was.
    if (active !== undefined && !this.follows) this.#reveal(this.#options.matches.lastUpTo(active));
    // At once: before the browser tells of the scrolling that comes of it.
    this.draw();
  }

  #scrolled(): void {
    const { scrollTop } = this.#scroller;
    if (this.follows) {
      if (scrollTop < this.#followedTo - 2) this.#options.onLookBack();
    } else if (scrollTop + this.#viewHeight >= this.#contentHeight - 1) {
      this.#options.onEnd();
    }
    this.#options.onChange();
  }

  #numberAt(target: EventTarget | null): number | undefined {
    if (!(target instanceof Element)) return undefined;
    const row = target.closest("[role=option]");
    return this.#rows.find(({ element }) => element === row)?.number;
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.#viewHeight / rowHeight) - 1);
    const moves: Record<string, number> = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -page,
      PageDown: page,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const move = moves[event.key];
    if (move !== undefined) this.#moveBy(move);
    else if (event.key === " ") this.#options.onPause();
    else return;
    event.preventDefault();
  }

  #moveBy(rows: number): void {
    const { matches } = this.#options;
    if (matches.first === matches.end) return;
    this.#options.onLookBack();
    const last = matches.end - 1;
    const from = this.#selected === undefined ? last + 1 : matches.lastUpTo(this.#selected);
    const to = Math.min(last, Math.max(matches.first, from + rows));
    this.#reveal(to);
    this.select(matches.numberOf(to));
  }

  /** Scrolls as little as it takes to have all of a match's row in sight. */
  #reveal(match: number): void {
    const top = (match - this.#options.matches.first) * rowHeight;
    const { scrollTop } = this.#scroller;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    const least = top + rowHeight - this.#viewHeight;
    if (least > scrollTop) this.#scroller.scrollTop = least;
  }
}

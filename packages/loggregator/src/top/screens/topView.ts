import { cut, textWidth } from "../../terminal/textWidth.js";
import { counted } from "../../text/formatNumbers.js";
import type { SourceRow } from "../counts/sourceEntry.js";
import type { TopSnapshot } from "../counts/tally.js";
import type { ScreenFrame } from "./frame.js";
import { listScreen } from "./listScreen.js";
import { type SortKey, sorted, sortKeys } from "./sortKey.js";
import { sourceScreen } from "./sourceScreen.js";

/** The maximum length of a filter. */
const maxFilterLength = 100;

/** The screens of `top`, with the selection and the handling of keys. */
export class TopView {
  #sort: SortKey;
  #filter = "";
  #isTyping = false;
  #paused: TopSnapshot | undefined;
  /** The id of the selected source; undefined: none yet. */
  #selected: string | undefined;
  /** Whether the screen of the selected source is open. */
  #isOpen = false;
  #snapshot: TopSnapshot;

  constructor(snapshot: TopSnapshot, sort: SortKey) {
    this.#snapshot = snapshot;
    this.#sort = sort;
  }

  /** Sets the newest counts. While paused, they are not shown. */
  update(snapshot: TopSnapshot): void {
    this.#snapshot = snapshot;
  }

  /** Handles a key. Returns false to quit. */
  press(key: string): boolean {
    if (this.#isTyping) {
      this.#type(key);
      return true;
    }
    switch (key) {
      case "q":
        return false;
      case " ":
        this.#paused = this.#paused === undefined ? this.#snapshot : undefined;
        return true;
      case "escape":
      case "backspace":
      case "left":
        this.#back();
        return true;
      case "enter":
      case "right":
        this.#selected ??= this.#sources()[0]?.sourceId;
        this.#isOpen = this.#selected !== undefined;
        return true;
      case "s":
        this.#sortBy(1);
        return true;
      case "S":
        this.#sortBy(-1);
        return true;
      case "/":
        this.#isOpen = false;
        this.#isTyping = true;
        return true;
      default:
        this.#move(steps.get(key) ?? 0);
        return true;
    }
  }

  lines(frame: ScreenFrame): string[] {
    const snapshot = this.#shown;
    const sources = this.#sources();
    const open = this.#isOpen && sources.find(({ sourceId }) => sourceId === this.#selected);
    if (open) {
      return sourceScreen(
        open,
        snapshot,
        frame,
        `${this.#state()}Esc back  ${this.#space()}  q quit`,
      );
    }
    const ids = new Set(sources.map(({ sourceId }) => sourceId));
    const selected = sources.findIndex(({ sourceId }) => sourceId === this.#selected);
    return listScreen(snapshot, frame, {
      sources,
      metrics:
        this.#filter === ""
          ? snapshot.metrics
          : snapshot.metrics.filter(({ sourceId }) => ids.has(sourceId)),
      sort: this.#sort,
      selected,
      hint: this.#hint(sources.length, frame.columns),
    });
  }

  get #shown(): TopSnapshot {
    return this.#paused ?? this.#snapshot;
  }

  #sources(): SourceRow[] {
    const text = this.#filter.toLowerCase();
    const { sources } = this.#shown;
    const passing =
      text === ""
        ? sources
        : sources.filter(
            ({ name, sourceId }) =>
              name.toLowerCase().includes(text) || sourceId.toLowerCase().includes(text),
          );
    return sorted(passing, this.#sort);
  }

  /** The keys. If there is little room, the order and the end of the filter are omitted. */
  #hint(count: number, columns: number): string {
    if (this.#isTyping) {
      return `filter: ${this.#filter}_  ${counted(count, "source")}  Enter apply  Esc clear`;
    }
    if (this.#shown.total === 0) {
      return `${this.#state()}waiting for envelopes  q quit`;
    }
    const keys = (sort: string, filter: string) =>
      `${this.#state()}q quit  ↑↓ select  Enter open  s sort${sort}  / filter${filter}  ${this.#space()}`;
    const filter = this.#filter && ` (${this.#filter})`;
    const all = keys(` (${this.#sort})`, filter);
    if (textWidth(all) <= columns || this.#filter === "") {
      return all;
    }
    const room = columns - textWidth(keys("", " ()"));
    return room < 1 ? keys("", "") : keys("", ` (${cut(this.#filter, room)})`);
  }

  #state(): string {
    return this.#paused === undefined ? "" : "PAUSED  ";
  }

  #space(): string {
    return this.#paused === undefined ? "Space pause" : "Space resume";
  }

  #type(key: string): void {
    switch (key) {
      case "enter":
        this.#isTyping = false;
        break;
      case "escape":
        this.#isTyping = false;
        this.#filter = "";
        break;
      case "backspace":
        this.#filter = this.#filter.slice(0, -1);
        break;
      default:
        // Other keys have names.
        if (key.length === 1 && this.#filter.length < maxFilterLength) {
          this.#filter += key;
        }
    }
  }

  #back(): void {
    if (this.#isOpen) {
      this.#isOpen = false;
    } else if (this.#filter !== "") {
      this.#filter = "";
    } else {
      this.#selected = undefined;
    }
  }

  #sortBy(step: number): void {
    const index = (sortKeys.indexOf(this.#sort) + step + sortKeys.length) % sortKeys.length;
    this.#sort = sortKeys[index] ?? "rate";
  }

  #move(step: number): void {
    const sources = this.#sources();
    if (step === 0 || sources.length === 0) {
      return;
    }
    const index = sources.findIndex(({ sourceId }) => sourceId === this.#selected);
    const from = index === -1 && step < 0 ? sources.length : index;
    const bound = Math.min(Math.max(from + step, 0), sources.length - 1);
    this.#selected = sources[bound]?.sourceId;
  }
}

/** The rows by which keys move the selection. */
const steps: ReadonlyMap<string, number> = new Map([
  ["down", 1],
  ["j", 1],
  ["up", -1],
  ["k", -1],
  ["page down", 10],
  ["page up", -10],
  ["home", Number.MIN_SAFE_INTEGER],
  ["end", Number.MAX_SAFE_INTEGER],
]);

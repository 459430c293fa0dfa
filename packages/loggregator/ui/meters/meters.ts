import type { Envelope } from "@loggregator/api";
import { type EnvelopeType, envelopeTypes } from "../../src/filter/filter.js";
import { byId } from "../dom.js";
import { RateHistory } from "./rateHistory.js";
import { sparkline } from "./sparkline.js";

/** The length of the sparkline. */
const seconds = 120;

const grouped = new Intl.NumberFormat("en-US");

/** The numbers of envelopes in the list. */
export interface ListCounts {
  readonly kept: number;
  /** The number of them that pass the filter. */
  readonly shown: number;
  /** The number that arrived since the list was paused; undefined if it is not paused. */
  readonly waiting: number | undefined;
}

/** Counts and rate of all envelopes that arrive, shown or not. */
export class Meters {
  readonly #counts: Record<EnvelopeType, number> = {
    log: 0,
    counter: 0,
    gauge: 0,
    timer: 0,
    event: 0,
  };
  readonly #history = new RateHistory(seconds, performance.now());
  readonly #typeCounts = envelopeTypes.map((type) => ({
    type,
    at: byId(`count-${type}`, HTMLElement),
  }));
  readonly #total = byId("total", HTMLElement);
  readonly #rate = byId("rate", HTMLElement);
  readonly #peak = byId("peak", HTMLElement);
  readonly #line = byId("rate-line", SVGPathElement);
  readonly #area = byId("rate-area", SVGPathElement);
  readonly #summary = byId("summary", HTMLElement);
  readonly #pause = byId("pause-label", HTMLElement);
  readonly #empty = byId("empty", HTMLElement);
  readonly #noMatch = byId("no-match", HTMLElement);
  #drawnAt = Number.NaN;
  #dropped = 0;

  /** @param isRecent Whether they arrived earlier, and are not part of the current rate. */
  count(batch: readonly Envelope[], isRecent: boolean): void {
    for (const { message } of batch) {
      if (message !== undefined) {
        this.#counts[message.$case] += 1;
      }
    }
    if (!isRecent) {
      this.#history.add(batch.length, performance.now());
    }
  }

  /** Counts envelopes for which the page was too slow. */
  dropped(count: number): void {
    this.#dropped += count;
  }

  show({ kept, shown, waiting }: ListCounts): void {
    let total = 0;
    for (const { type, at } of this.#typeCounts) {
      total += this.#counts[type];
      write(at, grouped.format(this.#counts[type]));
    }
    write(this.#total, grouped.format(total));
    const dropped = this.#dropped === 0 ? "" : `, ${grouped.format(this.#dropped)} dropped`;
    write(this.#summary, `${grouped.format(shown)} of ${grouped.format(kept)} shown${dropped}`);
    write(this.#pause, waiting === undefined ? "Pause" : `Resume · ${grouped.format(waiting)} new`);
    this.#empty.hidden = kept > 0;
    this.#noMatch.hidden = kept === 0 || shown > 0;
    this.#showRate(performance.now());
  }

  #showRate(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#drawnAt) {
      return;
    }
    this.#drawnAt = second;
    const rates = this.#history.perSecond(nowMs);
    write(this.#rate, grouped.format(rates.at(-1) ?? 0));
    write(this.#peak, grouped.format(Math.max(...rates)));
    const line = sparkline(rates, 120, 26);
    this.#line.setAttribute("d", line);
    this.#area.setAttribute("d", `${line}L120 26L0 26Z`);
  }
}

function write(at: HTMLElement, text: string): void {
  if (at.textContent !== text) {
    at.textContent = text;
  }
}

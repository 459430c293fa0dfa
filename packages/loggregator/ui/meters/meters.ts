import type { Envelope } from "@loggregator/api";
import { type EnvelopeType, envelopeTypes } from "../../src/filter/filter.js";
import { grouped } from "../../src/text/formatNumbers.js";
import { byId, setText } from "../dom.js";
import { RateMeter } from "./rateMeter.js";

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
  readonly #typeCounts = envelopeTypes.map((type) => ({
    type,
    at: byId(`count-${type}`, HTMLElement),
  }));
  readonly #total = byId("total", HTMLElement);
  readonly #summary = byId("summary", HTMLElement);
  readonly #pause = byId("pause-label", HTMLElement);
  readonly #empty = byId("empty", HTMLElement);
  readonly #noMatch = byId("no-match", HTMLElement);
  readonly #rate = new RateMeter();
  #dropped = 0;

  /** @param isRecent Whether they arrived earlier, and are not part of the current rate. */
  count(batch: readonly Envelope[], isRecent: boolean): void {
    for (const { message } of batch) {
      if (message !== undefined) {
        this.#counts[message.$case] += 1;
      }
    }
    if (!isRecent) {
      this.#rate.add(batch.length);
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
      setText(at, grouped(this.#counts[type]));
    }
    setText(this.#total, grouped(total));
    const dropped = this.#dropped === 0 ? "" : `, ${grouped(this.#dropped)} dropped`;
    setText(this.#summary, `${grouped(shown)} of ${grouped(kept)} shown${dropped}`);
    setText(this.#pause, waiting === undefined ? "Pause" : `Resume · ${grouped(waiting)} new`);
    this.#empty.hidden = kept > 0;
    this.#noMatch.hidden = kept === 0 || shown > 0;
    this.#rate.draw();
  }
}

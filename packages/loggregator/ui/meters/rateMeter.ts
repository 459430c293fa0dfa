import { grouped } from "../../src/text/formatNumbers.js";
import { byId, setText } from "../dom.js";
import { RateHistory } from "./rateHistory.js";
import { sparkline } from "./sparkline.js";

/** The length of the sparkline. */
const seconds = 120;

/** The rate of all envelopes that arrive, with its peak and its sparkline. */
export class RateMeter {
  readonly #history = new RateHistory(seconds, performance.now());
  readonly #rate = byId("rate", HTMLElement);
  readonly #peak = byId("peak", HTMLElement);
  readonly #line = byId("rate-line", SVGPathElement);
  readonly #area = byId("rate-area", SVGPathElement);
  #drawnAt = Number.NaN;

  /** Counts envelopes that have just arrived. */
  add(count: number): void {
    this.#history.add(count, performance.now());
  }

  /** Draws the last seconds, once per second. */
  draw(): void {
    const nowMs = performance.now();
    const second = Math.floor(nowMs / 1000);
    if (second === this.#drawnAt) {
      return;
    }
    this.#drawnAt = second;
    const rates = this.#history.perSecond(nowMs);
    setText(this.#rate, grouped(rates.at(-1) ?? 0));
    setText(this.#peak, grouped(Math.max(...rates)));
    const line = sparkline(rates, 120, 26);
    this.#line.setAttribute("d", line);
    this.#area.setAttribute("d", `${line}L120 26L0 26Z`);
  }
}

/**
 * The time for which the screen shows a message, in milliseconds: longer than the retry delays in
 * an outage.
 */
const noticeMs = 20_000;

/** The last message, while the screen shows it. */
export class Notice {
  #text: string | undefined;
  #until = 0;

  /** Undefined if there is none, or it is no longer shown. */
  get text(): string | undefined {
    return performance.now() > this.#until ? undefined : this.#text;
  }

  set(text: string): void {
    this.#text = text;
    this.#until = performance.now() + noticeMs;
  }
}

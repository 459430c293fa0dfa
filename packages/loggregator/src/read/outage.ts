/** How long a further failure of the same outage is kept quiet about, in milliseconds. */
const quietMs = 10_000;

/** Tells of a connection that was lost and came back, without a line for every try. */
export class Outage {
  readonly #tell: (message: string) => void;
  #quietUntil = 0;
  #lost = false;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  failed(reason: string): void {
    const now = performance.now();
    if (this.#lost && now < this.#quietUntil) return;
    this.#lost = true;
    this.#quietUntil = now + quietMs;
    this.#tell(`${reason}; trying again until it works`);
  }

  mended(): void {
    if (!this.#lost) return;
    this.#lost = false;
    this.#tell("connected again");
  }
}

/** For how long after a failure was told another is kept quiet about, in milliseconds. */
const quietMs = 10_000;

/** Tells of a connection that was lost and came back, without a line for every try. */
export class Outage {
  readonly #tell: (message: string) => void;
  #quietUntil = 0;
  #told = false;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  failed(reason: string): void {
    const now = performance.now();
    if (now < this.#quietUntil) return;
    this.#told = true;
    this.#quietUntil = now + quietMs;
    this.#tell(`${reason}; trying again until it works`);
  }

  mended(): void {
    if (!this.#told) return;
    this.#told = false;
    this.#tell("connected again");
  }
}

/** Calls back each time a client has a connection, until the client has ended. */
export async function watchConnection(
  statuses: AsyncIterable<{ readonly type: string }>,
  onOpen: () => void,
): Promise<void> {
  for await (const { type } of statuses) {
    if (type === "open") onOpen();
  }
}

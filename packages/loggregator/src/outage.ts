/** The time after a reported failure in which further ones are not reported, in milliseconds. */
const quietMs = 10_000;

/** Reports lost connections and recoveries, without a line for each attempt. */
export class Outage {
  readonly #say: (message: string) => void;
  #quietUntil = 0;
  #reported = false;

  constructor(say: (message: string) => void) {
    this.#say = say;
  }

  failed(reason: string): void {
    const now = performance.now();
    if (now < this.#quietUntil) {
      return;
    }
    this.#reported = true;
    this.#quietUntil = now + quietMs;
    this.#say(`${reason}; retrying until it succeeds`);
  }

  recovered(): void {
    if (!this.#reported) {
      return;
    }
    this.#reported = false;
    this.#say("connected again");
  }
}

/** Calls `onOpen` each time a client has a connection, until the client is closed. */
export async function watchConnection(
  statuses: AsyncIterable<{ readonly type: string }>,
  onOpen: () => void,
): Promise<void> {
  for await (const { type } of statuses) {
    if (type === "open") {
      onOpen();
    }
  }
}

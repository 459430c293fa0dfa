/** The time after a reported failure in which further ones are not reported, in milliseconds. */
const quietMs = 10_000;

/** Called with the reason when a connection is lost, and with undefined when it is recovered. */
export type OnOutage = (reason: string | undefined) => void;

/** Reports lost connections and recoveries, without a line for each attempt. */
export class Outage {
  readonly #say: (message: string) => void;
  readonly #onChange: OnOutage | undefined;
  #quietUntil = 0;
  #reported = false;

  /** @param onChange Called for each failure and each recovery, reported or not. */
  constructor(say: (message: string) => void, onChange?: OnOutage) {
    this.#say = say;
    this.#onChange = onChange;
  }

  failed(reason: string): void {
    this.#onChange?.(reason);
    const now = performance.now();
    if (now < this.#quietUntil) {
      return;
    }
    this.#reported = true;
    this.#quietUntil = now + quietMs;
    this.#say(`${reason}; retrying until it succeeds`);
  }

  recovered(): void {
    this.#onChange?.(undefined);
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

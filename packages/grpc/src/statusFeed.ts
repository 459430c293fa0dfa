/** What happens to a client's connection. */
export type ConnectionStatus =
  /** There is none, and none is needed: nothing was asked of the client yet, or nothing is any more. */
  | { readonly type: "idle" }
  | { readonly type: "connecting" }
  | { readonly type: "open" }
  /** It could not be made (`error` says why), or it broke, or the server asked to leave it. */
  | { readonly type: "disconnected"; readonly error?: Error }
  /** A connection or a call failed, and is tried again after so many milliseconds. */
  | { readonly type: "retrying"; readonly error: Error; readonly delayMs: number }
  /** The client has ended; the last status there is. With `error` where it ended for a failure. */
  | { readonly type: "closed"; readonly error?: Error };

/** How much may wait for an iteration that lags behind. One more, and it misses the oldest. */
const maxWaiting = 64;

/** Tells of what happens to a connection, to whoever iterates; costs nothing while nobody does. */
export class StatusFeed {
  #current: ConnectionStatus = { type: "idle" };
  readonly #readers = new Set<(status: ConnectionStatus) => void>();

  /** Tells of what happened, unless it was told that the client has closed. Bound, to be given as a callback. */
  readonly push = (status: ConnectionStatus): void => {
    if (this.#current.type === "closed") return;
    this.#current = status;
    for (const read of this.#readers) read(status);
  };

  /**
   * Yields how things stand when it is first asked, and then what happens; ends behind `closed`.
   * It can be left at any time, also while a status is awaited.
   */
  read(): AsyncIterableIterator<ConnectionStatus, undefined> {
    let left = false;
    let wake = () => {};
    const read = async function* (
      this: StatusFeed,
    ): AsyncGenerator<ConnectionStatus, undefined, undefined> {
      const waiting = [this.#current];
      const reader = (status: ConnectionStatus) => {
        if (waiting.push(status) > maxWaiting) waiting.shift();
        wake();
      };
      this.#readers.add(reader);
      try {
        while (!left) {
          const status = waiting.shift();
          if (status !== undefined) {
            yield status;
            if (status.type === "closed") return;
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        this.#readers.delete(reader);
      }
    };
    const statuses = read.call(this);
    return {
      next: () => statuses.next(),
      return: () => {
        // A generator comes to an end only between two values.
        left = true;
        wake();
        return statuses.return(undefined);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** How many iterations are under way. */
  get readers(): number {
    return this.#readers.size;
  }
}

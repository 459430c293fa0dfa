/** What happens to the connections of a client's streams; `url` says of which stream. */
export type GatewayStatus =
  | { readonly type: "connecting"; readonly url: string }
  /** The gateway has answered: events can come. */
  | { readonly type: "open"; readonly url: string }
  /** It could not be made or broke (`error` says why), the gateway has closed it, or the stream ended. */
  | { readonly type: "disconnected"; readonly url: string; readonly error?: Error }
  /** The connection is tried again after so many milliseconds. */
  | {
      readonly type: "retrying";
      readonly url: string;
      readonly error: Error;
      readonly delayMs: number;
    }
  /** The client was closed; the last status there is. */
  | { readonly type: "closed" };

/** What a client has done so far. */
export interface GatewayStats {
  /** Streams that are being read now. */
  readonly streams: number;
  /** Envelopes that were read. */
  readonly received: number;
  /** The batches they came in. */
  readonly batches: number;
  /** Events that were no batch of envelopes and were left out: see `onInvalidEvent`. */
  readonly invalidEvents: number;
  /** How often a connection failed and was tried again; those that the gateway closed in order don't count. */
  readonly reconnects: number;
}

/** How much may wait for an iteration that lags behind. One more, and it misses the oldest. */
const maxWaiting = 64;

/** Counts, and tells of connections to whoever iterates; telling costs nothing while nobody does. */
export class StatusBoard {
  readonly counts = { streams: 0, received: 0, batches: 0, invalidEvents: 0, reconnects: 0 };
  readonly #readers = new Set<(status: GatewayStatus) => void>();
  #closed = false;

  tell(status: GatewayStatus): void {
    if (this.#closed) return;
    this.#closed = status.type === "closed";
    for (const read of this.#readers) read(status);
  }

  /**
   * Yields what happens from the first `next()` on, and ends behind `closed`. It can be left at any
   * time, also while a status is awaited.
   */
  read(): AsyncIterableIterator<GatewayStatus, undefined> {
    let left = false;
    let wake = () => {};
    const read = async function* (
      this: StatusBoard,
    ): AsyncGenerator<GatewayStatus, undefined, undefined> {
      const waiting: GatewayStatus[] = this.#closed ? [{ type: "closed" }] : [];
      const reader = (status: GatewayStatus) => {
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
}

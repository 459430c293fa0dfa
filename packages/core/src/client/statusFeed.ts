import { closableIterator } from "./closableIterator.js";

/** The number of statuses kept for a slow reader. Beyond it, the oldest are discarded. */
const maxPending = 64;

/** Any status. `closed` is the last one of a feed. */
export interface Status {
  readonly type: string;
}

/** The state of a client's connection. */
export type ConnectionStatus =
  /** Not connected, and no connection is needed: the client is unused. */
  | { readonly type: "idle" }
  | { readonly type: "connecting" }
  | { readonly type: "open" }
  /**
   * The connection could not be opened (`error` contains the reason), broke, or is being closed by
   * the server.
   */
  | { readonly type: "disconnected"; readonly error?: Error }
  /** A connection or a call failed, and is retried after `delayMs` milliseconds. */
  | { readonly type: "retrying"; readonly error: Error; readonly delayMs: number }
  /** The client has closed; the last status. With `error` if it ended because of a failure. */
  | { readonly type: "closed"; readonly error?: Error };

/** The state of a server, or of a store that needs no connection. */
export type LifetimeStatus =
  | { readonly type: "open" }
  /** `close()` was called, and work in progress is being completed. */
  | { readonly type: "closing" }
  /** The last status. */
  | { readonly type: "closed" };

/** Distributes statuses to any number of readers, at no cost while there are none. */
export class StatusFeed<S extends Status> {
  #current: S | undefined;
  readonly #readers = new Set<(status: S) => void>();

  /** @param current The first status that a reader receives. Default: none. */
  constructor(current?: S) {
    this.#current = current;
  }

  /**
   * Distributes a status, unless the feed is closed. Bound, so that it can be passed as a callback.
   */
  readonly push = (status: S): void => {
    if (this.#current?.type === "closed") {
      return;
    }
    if (status.type === "closed" || this.#current !== undefined) {
      this.#current = status;
    }
    for (const read of this.#readers) {
      read(status);
    }
  };

  /**
   * Yields the current status and then each change; ends after `closed`. The iteration can be ended
   * at any time, even while a status is awaited. At most 64 statuses are kept for a slow reader;
   * beyond that, the oldest are discarded.
   */
  read(): AsyncIterableIterator<S, undefined> {
    const abort = new AbortController();
    return closableIterator(this.#read(abort.signal), () => abort.abort());
  }

  /** The number of active iterations. */
  get readers(): number {
    return this.#readers.size;
  }

  async *#read(signal: AbortSignal): AsyncGenerator<S, undefined, undefined> {
    let wake = () => {};
    const pending = this.#current === undefined ? [] : [this.#current];
    const reader = (status: S) => {
      if (pending.push(status) > maxPending) {
        pending.shift();
      }
      wake();
    };
    this.#readers.add(reader);
    signal.addEventListener("abort", () => wake());
    try {
      while (!signal.aborted) {
        const status = pending.shift();
        if (status !== undefined) {
          yield status;
          if (status.type === "closed") {
            return;
          }
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#readers.delete(reader);
    }
  }
}

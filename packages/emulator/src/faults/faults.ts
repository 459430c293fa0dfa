import { delayMs, onAbort } from "@loggregator/core";
import type { Connections } from "../network/connections.js";

/** The faults that every endpoint can have. Each lasts until `clear()`. */
export interface Faults {
  /** Closes all open connections once. New ones are accepted. */
  dropConnections(): void;
  /**
   * Delays each call or request, and each message on an open stream, sequentially.
   *
   * @param ms In milliseconds; 0 for no delay.
   * @throws OptionTypeError, OptionRangeError if it is not from 0 to 2^31 - 1.
   */
  delay(ms: number): void;
  /** Stops reading: calls and requests hang, and streams to the endpoint fill up. */
  stopReading(): void;
  /** Ends all faults; calls that hung continue. */
  clear(): void;
}

/** The faults of one endpoint, which waits for them before reading and before sending. */
export class FaultSwitch implements Faults {
  readonly #connections: Connections;
  #delayMs = 0;
  #stopped = false;
  #cleared = new AbortController();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  dropConnections(): void {
    this.#connections.destroy();
  }

  delay(ms: number): void {
    this.#delayMs = delayMs("ms", ms);
  }

  stopReading(): void {
    this.#stopped = true;
  }

  clear(): void {
    this.#delayMs = 0;
    this.#stopped = false;
    this.#cleared.abort();
    this.#cleared = new AbortController();
  }

  /** Resolves after the delay, or when the signal aborts. */
  async beforeSending(signal: AbortSignal): Promise<void> {
    if (this.#delayMs > 0) {
      await pause(this.#delayMs, this.#cleared.signal, signal);
    }
  }

  /** Resolves after the delay and once reading is permitted, or when the signal aborts. */
  async beforeReading(signal: AbortSignal): Promise<void> {
    await this.beforeSending(signal);
    while (this.#stopped && !signal.aborted) {
      await pause(undefined, this.#cleared.signal, signal);
    }
  }
}

/** Resolves after `ms` milliseconds (undefined: never), or when one of the signals aborts. */
function pause(ms: number | undefined, ...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const unlink: (() => void)[] = [];
    const done = () => {
      clearTimeout(timer);
      for (const remove of unlink) {
        remove();
      }
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(done, ms);
    for (const signal of signals) {
      unlink.push(onAbort(signal, done));
    }
  });
}

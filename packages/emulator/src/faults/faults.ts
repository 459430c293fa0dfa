import type { Connections } from "../connections.js";
import { checkMilliseconds } from "../milliseconds.js";

/** What every endpoint can be made to do wrong. It lasts until `clear()`. */
export interface Faults {
  /** Breaks off all open connections. New ones are taken. */
  dropConnections(): void;
  /**
   * Each call or request, and each message on an open stream, is dealt with so much later, one after
   * the other. 0: at once.
   *
   * @throws RangeError where `ms` is not from 0 to 2,147,483,647
   */
  delay(ms: number): void;
  /** Reads nothing more: calls and requests hang, and streams to it fill up. */
  stopReading(): void;
  /** All is well again; what hung goes on. */
  clear(): void;
}

/** The faults of one endpoint. Who serves it asks before reading, and before sending. */
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
    checkMilliseconds("delay", ms, 0);
    this.#delayMs = ms;
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

  /** Before something is sent: the delay. Ends when the signal aborts. */
  async beforeSending(signal: AbortSignal): Promise<void> {
    if (this.#delayMs > 0) {
      await pause(this.#delayMs, this.#cleared.signal, signal);
    }
  }

  /** Before something is read: the delay, and for as long as nothing is read. Ends when the signal aborts. */
  async beforeReading(signal: AbortSignal): Promise<void> {
    await this.beforeSending(signal);
    while (this.#stopped && !signal.aborted) {
      await pause(undefined, this.#cleared.signal, signal);
    }
  }
}

/** Resolves when so many milliseconds have passed (undefined: never), or when one of the signals aborts. */
function pause(ms: number | undefined, ...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) {
        signal.removeEventListener("abort", done);
      }
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(done, ms);
    for (const signal of signals) {
      signal.addEventListener("abort", done);
    }
    if (signals.some(({ aborted }) => aborted)) {
      done();
    }
  });
}

import { checkOptionNames, formatValue, OptionTypeError } from "@loggregator/core";
import type { WakingDiode } from "./diode.js";
import { DiodeReader } from "./diodeReader.js";

/** Options of a {@link Waiter}. */
export interface WaiterOptions {
  /**
   * Ends waiting and iterations when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a diode without polling: a `set`, on the waiter or on its diode, wakes it. While `next`
 * waits on a shared diode, it keeps a Node.js thread running, because messages may come from
 * another thread; a wait on a diode of this thread does not.
 */
export class Waiter<T> extends DiodeReader<T> {
  readonly #diode: WakingDiode<T>;

  /**
   * @throws TypeError for an invalid argument or option, or an unknown option. A diode without
   * `onceSet` needs a `Poller`.
   */
  constructor(diode: WakingDiode<T>, options: WaiterOptions = {}) {
    checkOptionNames<WaiterOptions>("options", options, { signal: true });
    super(diode, options.signal);
    if (typeof diode.onceSet !== "function") {
      const expected = "a diode with onceSet (use a Poller for others)";
      throw new OptionTypeError("diode", expected, formatValue(diode));
    }
    this.#diode = diode;
  }

  protected override wait(wake: () => void): () => void {
    return this.#diode.onceSet(wake);
  }
}

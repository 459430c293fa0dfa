import type { WakingDiode } from "./diode.js";
import { DiodeReader } from "./diodeReader.js";

/** Options of a {@link Waiter}. */
export interface WaiterOptions {
  /** Ends the waiting. Default: never. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for a diode's values without polling: a `set`, on the waiter or on its diode, wakes it.
 * While `next` waits on a shared diode, it keeps a Node.js thread alive, as messages may come from
 * another thread; a wait on a diode of this thread does not.
 */
export class Waiter<T> extends DiodeReader<T> {
  readonly #diode: WakingDiode<T>;

  /** @throws TypeError for no diode, one that can't wake (then take a `Poller`), or no signal. */
  constructor(diode: WakingDiode<T>, { signal }: WaiterOptions = {}) {
    super(diode, signal);
    if (typeof diode.onceSet !== "function") {
      throw new TypeError("diode must have onceSet, to wake a Waiter; take a Poller without it");
    }
    this.#diode = diode;
  }

  protected override wait(wake: () => void): () => void {
    return this.#diode.onceSet(wake);
  }
}

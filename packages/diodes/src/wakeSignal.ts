import { type SharedLayout, signalAt } from "./shared/sharedLayout.js";

/** No reader waits. */
const idle = 0;
/** A reader waits. */
const armed = 1;
/** A writer has decided to wake the reader, which is not awake yet. */
const woken = 2;

/** The polling interval without `Atomics.waitAsync`, in milliseconds. */
const pollMs = 10;

/** The longest delay, for a timer that only keeps the thread running. */
const longMs = 2 ** 31 - 1;

/** Missing in TypeScript's ES2023 library. */
type WaitAsync = (
  array: Int32Array,
  index: number,
  value: number,
) => { value: string | Promise<string> };

/**
 * Wakes a reader that waits in another thread.
 *
 * The reader sets SIGNAL and then checks for messages once more; the writer adds its message and then
 * checks SIGNAL. At least one of the two sees the change of the other, so no message is missed.
 * Until the reader is awake, every writer notifies it: if one is terminated between its decision and
 * its notification, the next one notifies.
 */
export class WakeSignal {
  readonly #int32: Int32Array;
  readonly #isEmpty: () => boolean;
  readonly #wakes = new Set<() => void>();
  #keepAlive: ReturnType<typeof setInterval> | undefined;

  constructor({ int32 }: SharedLayout, isEmpty: () => boolean) {
    this.#int32 = int32;
    this.#isEmpty = isEmpty;
  }

  /** Wakes a waiting reader. Call it in the writer after adding a message. */
  notify(): void {
    if (Atomics.load(this.#int32, signalAt) !== idle) {
      Atomics.compareExchange(this.#int32, signalAt, armed, woken);
      Atomics.notify(this.#int32, signalAt);
    }
  }

  /** Called by the reader, as described at `WakingDiode`. */
  onceSet(wake: () => void): () => void {
    // A new function per call, so that the same `wake` can be passed twice.
    const entry = () => wake();
    this.#wakes.add(entry);
    if (this.#wakes.size === 1) {
      this.#arm();
    }
    return () => {
      if (this.#wakes.delete(entry) && this.#wakes.size === 0) {
        this.#disarm();
        // Ends the pending `Atomics.waitAsync`, which cannot be cancelled otherwise.
        Atomics.notify(this.#int32, signalAt);
      }
    };
  }

  #arm(): void {
    const { waitAsync } = Atomics as unknown as { waitAsync?: WaitAsync };
    Atomics.store(this.#int32, signalAt, armed);
    // The wait alone does not keep a Node.js thread running.
    const timer = setInterval(
      () => {
        if (!this.#isEmpty()) {
          this.#wake(timer);
        }
      },
      waitAsync === undefined ? pollMs : longMs,
    );
    this.#keepAlive = timer;
    if (!this.#isEmpty()) {
      queueMicrotask(() => this.#wake(timer));
    } else if (waitAsync !== undefined) {
      void Promise.resolve(waitAsync.call(Atomics, this.#int32, signalAt, armed).value).then(() =>
        this.#wake(timer),
      );
    }
  }

  /** `timer` identifies the wait that has ended: one that was cancelled wakes no reader. */
  #wake(timer: ReturnType<typeof setInterval>): void {
    if (timer === this.#keepAlive) {
      this.#disarm();
      const wakes = [...this.#wakes];
      this.#wakes.clear();
      for (const wake of wakes) {
        wake();
      }
    }
  }

  #disarm(): void {
    Atomics.store(this.#int32, signalAt, idle);
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }
}

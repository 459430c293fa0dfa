import { type SharedLayout, SIGNAL_AT } from "./sharedLayout.js";

/** No reader waits. */
const IDLE = 0;
/** A reader waits. */
const ARMED = 1;
/** A writer has decided to wake the reader, which has not woken yet. */
const WOKEN = 2;

/** How often to look where the runtime has no `Atomics.waitAsync`, in milliseconds. */
const POLL_MS = 10;

/** setTimeout's longest delay: a timer that is there only to keep the thread alive. */
const LONG_MS = 2 ** 31 - 1;

/** TypeScript's ES2023 library does not have it yet. */
type WaitAsync = (
  array: Int32Array,
  index: number,
  value: number,
) => { value: string | Promise<string> };

/**
 * How a writer wakes a reader that waits in another thread.
 *
 * The reader sets SIGNAL and then looks for messages once more; the writer adds its message and then
 * looks at SIGNAL. One of the two sees what the other did, so no message waits unnoticed. Until the
 * reader has woken, every writer notifies it: should one die between its decision and its
 * notification, the next one makes up for it.
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

  /** For a writer that has added a message. */
  notify(): void {
    if (Atomics.load(this.#int32, SIGNAL_AT) !== IDLE) {
      Atomics.compareExchange(this.#int32, SIGNAL_AT, ARMED, WOKEN);
      Atomics.notify(this.#int32, SIGNAL_AT);
    }
  }

  /** For the reader: as `WakingDiode` says. */
  onceSet(wake: () => void): () => void {
    // A function of its own for each call, as the same `wake` may come twice.
    const entry = () => wake();
    this.#wakes.add(entry);
    if (this.#wakes.size === 1) {
      this.#arm();
    }
    return () => {
      if (this.#wakes.delete(entry) && this.#wakes.size === 0) {
        this.#disarm();
        // Nobody waits for it any more, but the engine's own wait would stay.
        Atomics.notify(this.#int32, SIGNAL_AT);
      }
    };
  }

  #arm(): void {
    const { waitAsync } = Atomics as unknown as { waitAsync?: WaitAsync };
    Atomics.store(this.#int32, SIGNAL_AT, ARMED);
    // A wait alone would not keep a Node.js thread alive.
    const timer = setInterval(
      () => {
        if (!this.#isEmpty()) {
          this.#wake(timer);
        }
      },
      waitAsync === undefined ? POLL_MS : LONG_MS,
    );
    this.#keepAlive = timer;
    if (!this.#isEmpty()) {
      queueMicrotask(() => this.#wake(timer));
    } else if (waitAsync !== undefined) {
      void Promise.resolve(waitAsync.call(Atomics, this.#int32, SIGNAL_AT, ARMED).value).then(() =>
        this.#wake(timer),
      );
    }
  }

  /** `timer` tells which wait has ended: one that was taken back wakes nobody. */
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
    Atomics.store(this.#int32, SIGNAL_AT, IDLE);
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }
}

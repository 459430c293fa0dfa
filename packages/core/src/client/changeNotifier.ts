import { onAbort } from "#onAbort";

/** Lets functions wait until the state of an object, such as a queue, meets a condition. */
export class ChangeNotifier {
  readonly #waiting = new Set<() => void>();

  /** Re-evaluates the conditions of all pending `until` calls. Call it after each change. */
  notify(): void {
    for (const wake of this.#waiting) {
      wake();
    }
  }

  /** Resolves to true once the condition holds, or to false if the signal aborts first. */
  async until(condition: () => boolean, signal: AbortSignal): Promise<boolean> {
    while (!condition()) {
      if (signal.aborted) {
        return false;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          removeListener();
          resolve();
        };
        this.#waiting.add(wake);
        const removeListener = onAbort(signal, wake);
      });
    }
    return true;
  }
}

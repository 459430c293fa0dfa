import type { Envelope } from "@loggregator/api";
import { errorText, type Logger } from "@loggregator/core";

/** The time for which closing waits for running callbacks, in milliseconds. */
const settleMs = 5000;

/** Calls `onEnvelope`, and reports its failures: exceptions, and rejections of its promises. */
export class EnvelopeCallback {
  readonly #callback: (envelope: Envelope) => unknown;
  readonly #logger: Logger;
  readonly #onFailure: (error: unknown) => void;
  readonly #pending = new Set<PromiseLike<unknown>>();

  constructor(
    callback: (envelope: Envelope) => unknown,
    logger: Logger,
    onFailure: (error: unknown) => void,
  ) {
    this.#callback = callback;
    this.#logger = logger;
    this.#onFailure = onFailure;
  }

  call(envelope: Envelope): void {
    try {
      const result = this.#callback(envelope) as PromiseLike<unknown> | undefined;
      if (typeof result?.then !== "function") {
        return;
      }
      this.#pending.add(result);
      result.then(
        () => this.#pending.delete(result),
        (error: unknown) => {
          this.#pending.delete(result);
          this.#failed(error);
        },
      );
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Resolves once all promises of the callback have settled, or after 5 s. */
  async settled(): Promise<void> {
    if (this.#pending.size === 0) {
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        const { size } = this.#pending;
        this.#logger.warn(`${size} promises of onEnvelope have not settled after ${settleMs} ms`);
        resolve();
      }, settleMs);
    });
    await Promise.race([Promise.allSettled(this.#pending), tooLate]);
    clearTimeout(timer);
  }

  #failed(error: unknown): void {
    this.#logger.error(`onEnvelope failed: ${errorText(error)}`);
    this.#onFailure(error);
  }
}

import { onAbort } from "@loggregator/core";
import { joinBatch } from "./envelopeBatch.js";

/**
 * A batch to be sent to a reader. It is encoded only when the connection takes it: until then, its
 * envelopes are shared with all other readers.
 */
export class OutgoingBatch {
  readonly #envelopes: readonly Uint8Array[];
  #taken = false;
  #onTaken: (() => void) | undefined;

  constructor(envelopes: readonly Uint8Array[]) {
    this.#envelopes = envelopes;
  }

  encode(): Uint8Array {
    this.#taken = true;
    this.#onTaken?.();
    return joinBatch(this.#envelopes);
  }

  /** Resolves once the connection has taken it, or when the signal aborts. */
  async taken(signal: AbortSignal): Promise<void> {
    if (this.#taken || signal.aborted) {
      return;
    }
    await new Promise<void>((resolve) => {
      const unlink = onAbort(signal, resolve);
      this.#onTaken = () => {
        unlink();
        resolve();
      };
    });
  }
}

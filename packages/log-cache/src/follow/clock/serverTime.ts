import { nanoseconds } from "../../client/times.js";
import type { ReadAnswer, Transport } from "../../transport.js";

/**
 * Adds the server's time to answers that lack it: gRPC has no header for it, and a browser page
 * cannot read the header of another origin unless a proxy exposes it. The time is that of a query
 * without sources, which is evaluated at the current time, in whole seconds. This was tested
 * against a real log-cache over HTTP, but over gRPC only against the emulator.
 */
export class ServerTime {
  readonly #transport: Transport;
  readonly #signal: AbortSignal;
  readonly #maxAgeMs: number;
  /** The server's time at the origin of the monotonic clock. */
  #origin: bigint | undefined;
  #queriedAt = Number.NEGATIVE_INFINITY;
  #query: Promise<void> | undefined;
  #isUnavailable = false;

  /** @param maxAgeMs The time after which it is queried again, as a clock can be set. */
  constructor(transport: Transport, signal: AbortSignal, maxAgeMs: number) {
    this.#transport = transport;
    this.#signal = signal;
    this.#maxAgeMs = maxAgeMs;
  }

  async complete(answer: ReadAnswer): Promise<ReadAnswer> {
    if (answer.serverTime !== undefined || this.#isUnavailable) {
      return answer;
    }
    if (performance.now() >= this.#queriedAt + this.#maxAgeMs) {
      this.#query ??= this.#update().finally(() => {
        this.#query = undefined;
      });
      await this.#query;
    }
    const origin = this.#origin;
    const serverTime = origin === undefined ? undefined : origin + nanoseconds(performance.now());
    return { ...answer, serverTime };
  }

  async #update(): Promise<void> {
    this.#queriedAt = performance.now();
    try {
      const query = { query: "1", time: "" };
      const result = await this.#transport.instantQuery(query, this.#signal);
      if (result.resultType === "scalar") {
        this.#origin = result.result.timestamp - nanoseconds(performance.now());
      }
    } catch (error) {
      this.#signal.throwIfAborted();
      // Operators can disable queries, and the auth proxy rejects those without sources.
      this.#isUnavailable = !this.#transport.isRetryable(error, true);
    }
  }
}

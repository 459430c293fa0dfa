import { callTokenFunction, type TokenFunction } from "@loggregator/auth";

/**
 * The token of one stream. Tracks whether the gateway accepts it and whether a fresh one is needed.
 */
export class StreamToken {
  readonly #source: string | TokenFunction | undefined;
  #state: "usable" | "rejected" | "renewed" = "usable";

  constructor(source: string | TokenFunction | undefined) {
    this.#source = source;
  }

  /** Returns the token to send, or undefined if none is configured. */
  async get(signal: AbortSignal): Promise<string | undefined> {
    if (typeof this.#source !== "function") {
      return this.#source;
    }
    const refresh = this.#state === "rejected";
    const token = await callTokenFunction(this.#source, { refresh, signal });
    if (refresh) {
      this.#state = "renewed";
    }
    return token;
  }

  /**
   * Records that the gateway refused the token, so that a fresh one is requested next. Returns true
   * for the first refusal since a token was accepted: then another attempt is made.
   */
  reject(): boolean {
    const isFirst = this.#state === "usable";
    this.#state = "rejected";
    return isFirst && typeof this.#source === "function";
  }

  /** Records that the gateway accepted the token. */
  accept(): void {
    this.#state = "usable";
  }
}

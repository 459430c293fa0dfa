import { callTokenFunction, type TokenFunction } from "./tokenFunction.js";

/** The token of one client, shared by its concurrent requests. */
export class TokenSession {
  readonly #source: string | TokenFunction | undefined;
  #replaced: string | undefined;

  /** @param source The result of `checkToken`. */
  constructor(source: string | TokenFunction | undefined) {
    this.#source = source;
  }

  /**
   * Returns the token to send, or undefined if none is configured.
   *
   * @throws TokenError if the token function fails.
   */
  async get(signal: AbortSignal): Promise<string | undefined> {
    return typeof this.#source === "function"
      ? callTokenFunction(this.#source, { refresh: false, signal })
      : this.#source;
  }

  /**
   * Returns another token after `refused` was refused: a fresh one, or the one that another request
   * has obtained in the meantime. Returns undefined if the token is a fixed string.
   *
   * @throws TokenError if the token function fails.
   */
  async renew(refused: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    if (typeof this.#source !== "function") {
      return undefined;
    }
    const refresh = this.#replaced !== refused || refused === undefined;
    const token = await callTokenFunction(this.#source, { refresh, signal });
    if (refresh) {
      this.#replaced = refused;
    }
    return token;
  }
}

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
   * @throws TokenError
   */
  async get(signal: AbortSignal): Promise<string | undefined> {
    return typeof this.#source === "function"
      ? callTokenFunction(this.#source, { refresh: false, signal })
      : this.#source;
  }

  /**
   * Returns a token to send after `refused` was refused: a fresh one, unless another request has got
   * one in the meantime. Returns undefined if there is only the configured one.
   *
   * @throws TokenError
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

import { OptionTypeError } from "@loggregator/core";
import type { HttpOptions } from "@loggregator/core/http";

/** Options of all grants. */
export interface UaaOptions extends HttpOptions {
  /**
   * The URL of UAA: `https://uaa.<system domain>`. Tokens are requested from its `/oauth/token`.
   */
  readonly url: string | URL;
}

/** Options of the UAA client that requests tokens for a user. */
export interface UaaUserOptions extends UaaOptions {
  /**
   * The id of the UAA client that requests the token.
   *
   * @default "cf", the client of the cf command
   */
  readonly clientId?: string | undefined;
  /**
   * The client's secret.
   *
   * @default "", the secret of the client `cf`
   */
  readonly clientSecret?: string | undefined;
}

/**
 * Checks a secret.
 *
 * @throws OptionTypeError if it is not a string. The message does not show it.
 */
export function checkSecret(name: string, value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  // Even a value of the wrong type may be a secret.
  throw new OptionTypeError(name, "a string", typeof value);
}

import { OptionTypeError } from "@loggregator/core";
import type { HttpOptions } from "@loggregator/core/http";

/** Options of all grants. */
export interface UaaOptions extends HttpOptions {
  /** The UAA: `https://uaa.<system domain>` of a Cloud Foundry. Tokens come from its `/oauth/token`. */
  readonly url: string | URL;
}

/** Options of the client that acts for a user. */
export interface UaaUserOptions extends UaaOptions {
  /**
   * The UAA client that requests the token.
   *
   * @default "cf", that of the cf command
   */
  readonly clientId?: string | undefined;
  /**
   * The client's secret.
   *
   * @default "", that of the cf command
   */
  readonly clientSecret?: string | undefined;
}

/** @throws OptionTypeError if it is not a string. The message does not show it. */
export function checkSecret(name: string, value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  // The value is a secret even if it is of the wrong type.
  throw new OptionTypeError(name, "a string", typeof value);
}

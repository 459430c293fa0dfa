import {
  checkOptionNames,
  guardedCallback,
  nonEmptyString,
  OptionTypeError,
  optionalFunction,
  silentLogger,
} from "@loggregator/core";
import { parseToken } from "../token/parseToken.js";
import type { TokenRequest } from "../token/tokenFunction.js";
import { UaaClient } from "./uaaClient.js";
import { checkSecret, type UaaUserOptions } from "./uaaOptions.js";

/** The address of the token server, and a refresh token. */
export interface UaaRefreshTokenOptions extends UaaUserOptions {
  /** The refresh token of a user, issued to the client `clientId`. */
  readonly refreshToken: string;
  /**
   * Called when UAA has issued another refresh token, which replaces the last one. Set it if your
   * program stores refresh tokens.
   *
   * @default none
   */
  readonly onRefreshToken?: ((refreshToken: string) => unknown) | undefined;
}

/**
 * Creates a token function. It requests a user's tokens from Cloud Foundry's UAA with OAuth's
 * refresh token grant, keeps each until a minute before it expires, and shares one request among
 * concurrent callers. If UAA issues another refresh token, it replaces the current one.
 *
 * The function throws `TokenError`, which is not `retryable` once the refresh token has expired.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option.
 */
export function uaaRefreshToken(
  options: UaaRefreshTokenOptions,
): (request?: Partial<TokenRequest>) => Promise<string> {
  checkOptionNames<UaaRefreshTokenOptions>("options", options, {
    url: true,
    refreshToken: true,
    onRefreshToken: true,
    clientId: true,
    clientSecret: true,
    fetch: true,
    timeoutMs: true,
  });
  optionalFunction("onRefreshToken", options.onRefreshToken);
  const clientId = nonEmptyString("clientId", options.clientId ?? "cf");
  const clientSecret = checkSecret("clientSecret", options.clientSecret ?? "");
  const parsed = parseToken(options.refreshToken);
  if (parsed === undefined) {
    const expected = "a string of visible ASCII characters";
    throw new OptionTypeError("refreshToken", expected, typeof options.refreshToken);
  }
  let refreshToken = parsed;
  const report = guardedCallback("onRefreshToken", options.onRefreshToken, silentLogger);
  const client = new UaaClient(options, {
    subject: `a user of the client ${JSON.stringify(clientId)}`,
    form: () => ({
      grant_type: "refresh_token",
      refresh_token: refreshToken,
      client_id: clientId,
      client_secret: clientSecret,
    }),
    secrets: () => [refreshToken, clientSecret],
    onAnswer({ refresh_token }) {
      const next = parseToken(refresh_token);
      if (next !== undefined && next !== refreshToken) {
        refreshToken = next;
        report(next);
      }
    },
  });
  return (request = {}) => client.token(request);
}

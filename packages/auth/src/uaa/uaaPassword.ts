import { checkOptionNames, nonEmptyString } from "@loggregator/core";
import type { TokenRequest } from "../token/tokenFunction.js";
import { UaaClient } from "./uaaClient.js";
import { checkSecret, type UaaUserOptions } from "./uaaOptions.js";

/** The address of the token server, and a user's name and password. */
export interface UaaPasswordOptions extends UaaUserOptions {
  /** The user's name. */
  readonly username: string;
  /** The user's password. It is sent only in the body of the request. */
  readonly password: string;
}

/**
 * Creates a token function for a technical user. It requests tokens from Cloud Foundry's UAA with
 * OAuth's password grant, keeps each until a minute before it expires, and shares one request among
 * concurrent callers.
 *
 * The function throws `TokenError`.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option.
 */
export function uaaPassword(
  options: UaaPasswordOptions,
): (request?: Partial<TokenRequest>) => Promise<string> {
  checkOptionNames<UaaPasswordOptions>("options", options, {
    url: true,
    username: true,
    password: true,
    clientId: true,
    clientSecret: true,
    fetch: true,
    timeoutMs: true,
  });
  const username = nonEmptyString("username", options.username);
  const password = checkSecret("password", options.password);
  const clientId = nonEmptyString("clientId", options.clientId ?? "cf");
  const clientSecret = checkSecret("clientSecret", options.clientSecret ?? "");
  const client = new UaaClient(options, {
    subject: `the user ${JSON.stringify(username)}`,
    form: () => ({
      grant_type: "password",
      username,
      password,
      client_id: clientId,
      client_secret: clientSecret,
    }),
    secrets: () => [password, clientSecret],
  });
  return (request = {}) => client.token(request);
}

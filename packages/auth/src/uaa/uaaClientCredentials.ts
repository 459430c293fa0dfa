import { checkOptionNames, nonEmptyString } from "@loggregator/core";
import type { TokenRequest } from "../token/tokenFunction.js";
import { UaaClient } from "./uaaClient.js";
import { checkSecret, type UaaOptions } from "./uaaOptions.js";

/** The address of the token server, and the client that requests tokens. */
export interface UaaClientCredentialsOptions extends UaaOptions {
  /**
   * A client with the grant type `client_credentials` and the authority `logs.admin` or
   * `doppler.firehose`.
   */
  readonly clientId: string;
  /** The client's secret, which may be empty. It is sent only in the body of the request. */
  readonly clientSecret: string;
}

/**
 * Creates a token function. It requests tokens from Cloud Foundry's UAA with OAuth's client
 * credentials grant, keeps each until a minute before it expires, and shares one request among
 * concurrent callers. Plain http is accepted, but must only be used on loopback.
 *
 * The function throws `TokenError`.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option.
 */
export function uaaClientCredentials(
  options: UaaClientCredentialsOptions,
): (request?: Partial<TokenRequest>) => Promise<string> {
  checkOptionNames<UaaClientCredentialsOptions>("options", options, {
    url: true,
    clientId: true,
    clientSecret: true,
    fetch: true,
    timeoutMs: true,
  });
  const clientId = nonEmptyString("clientId", options.clientId);
  const clientSecret = checkSecret("clientSecret", options.clientSecret);
  const client = new UaaClient(options, {
    subject: `the client ${JSON.stringify(clientId)}`,
    form: () => ({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
    }),
    secrets: () => [clientSecret],
  });
  return (request = {}) => client.token(request);
}

import {
  abortable,
  formatValue,
  OptionTypeError,
  objectArgument,
  optionalBoolean,
  optionalSignal,
} from "@loggregator/core";
import { TokenError } from "../errors.js";
import { describeToken, parseToken } from "./parseToken.js";

/** The argument of a `TokenFunction`. */
export interface TokenRequest {
  /** True if the server refused the last token, so that a cached one must not be returned. */
  readonly refresh: boolean;
  /** Aborts when the token is no longer needed. */
  readonly signal: AbortSignal;
}

/**
 * Called before each request; returns the OAuth token for it. If the function throws, the request
 * is retried, unless it throws a `TokenError` that is not `retryable`.
 *
 * The message of a `TokenError` is reported unchanged, so it must not contain a secret. Any other
 * error becomes the `cause` of a `TokenError` that does not repeat its text.
 */
export type TokenFunction = (request: TokenRequest) => string | Promise<string>;

/**
 * Checks the argument of a token function of this package.
 *
 * @throws OptionTypeError for an invalid argument or field.
 */
export function checkTokenRequest(request: Partial<TokenRequest>): void {
  objectArgument("request", request);
  optionalBoolean("refresh", request.refresh, false);
  optionalSignal("signal", request.signal);
}

/**
 * Checks the option `token` of a client: undefined, a function, or a token, which is returned
 * without the word `bearer` before it.
 *
 * @throws OptionTypeError for anything else. The message does not show the value.
 */
export function checkToken(token: unknown): string | TokenFunction | undefined {
  if (token === undefined || typeof token === "function") {
    return token as TokenFunction | undefined;
  }
  const bare = parseToken(token);
  if (bare !== undefined) {
    return bare;
  }
  const expected = "a string of visible ASCII characters, or a function";
  throw new OptionTypeError("token", expected, describeToken(token));
}

/**
 * Calls a token function and checks its result.
 *
 * @throws TokenError if the function throws, does not return a token, or the signal aborts first.
 */
export async function callTokenFunction(
  source: TokenFunction,
  request: TokenRequest,
): Promise<string> {
  let value: unknown;
  try {
    value = await abortable(request.signal, Promise.resolve(source(request)));
  } catch (cause) {
    if (cause instanceof TokenError) {
      throw cause;
    }
    const thrown = cause instanceof Error ? formatValue(cause) : typeof cause;
    throw new TokenError(`the token function threw ${thrown}: see the cause`, {
      cause,
      retryable: true,
    });
  }
  const token = parseToken(value);
  if (token !== undefined) {
    return token;
  }
  throw new TokenError(
    `the token function must return a string of visible ASCII characters, got ${describeToken(value)}`,
    { retryable: false },
  );
}

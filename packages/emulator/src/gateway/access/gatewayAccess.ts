import { errorText, formatValue, isGuid, type Logger, OptionTypeError } from "@loggregator/core";
import type { Realism } from "../../emulator.js";
import { ComponentSwitch } from "../../faults/componentFault.js";
import { isStringArray } from "../../isStringArray.js";

/**
 * The sources that a token may read: `"all"` for an admin, who need not name sources; for a user, the
 * sources that Cloud Controller allows.
 */
export type TokenRights = "all" | readonly string[];

/**
 * The valid tokens with their rights, or a function that returns the rights of a token, or
 * undefined if it is not valid.
 */
export type GatewayTokens =
  | Readonly<Record<string, TokenRights>>
  | ((token: string) => TokenRights | undefined | PromiseLike<TokenRights | undefined>);

/** The answers of UAA and Cloud Controller to the gateway: the sources that a token may read. */
export class GatewayAccess {
  readonly uaa = new ComponentSwitch();
  readonly cloudController = new ComponentSwitch();
  /**
   * Returns the rights of a token, whether or not UAA is available; undefined if it is not valid.
   */
  readonly rightsOf: (token: string) => Promise<TokenRights | undefined>;
  readonly #guidsOnly: boolean;

  /** @throws OptionTypeError for invalid tokens. */
  constructor(tokens: GatewayTokens | undefined, realism: Realism, logger: Logger) {
    this.rightsOf = readTokens(tokens, logger);
    this.#guidsOnly = realism === "strict";
  }

  /**
   * Returns whether a request may read these sources; an empty list means all.
   *
   * @param authorization The header. The token is the rest after removing a lower-case `bearer`.
   */
  async mayRead(authorization: string | undefined, sourceIds: readonly string[]): Promise<boolean> {
    const token = (authorization ?? "").replace(/^bearer/, "").trim();
    if (token === "" || this.uaa.stopped) {
      return false;
    }
    const rights = await this.rightsOf(token);
    if (rights === undefined || rights === "all") {
      return rights === "all";
    }
    if (this.cloudController.stopped || sourceIds.length === 0) {
      return false;
    }
    return sourceIds.every(
      (sourceId) => rights.includes(sourceId) && (!this.#guidsOnly || isGuid(sourceId)),
    );
  }
}

/**
 * If no tokens are given, each token without a space is valid: `Bearer x` is refused, as in the
 * gateway.
 */
function readTokens(
  tokens: GatewayTokens | undefined,
  logger: Logger,
): (token: string) => Promise<TokenRights | undefined> {
  if (tokens === undefined) {
    return async (token) => (/\s/.test(token) ? undefined : "all");
  }
  if (typeof tokens === "function") {
    return async (token) => {
      try {
        return checkRights("gateway.tokens(…)", (await tokens(token)) ?? []);
      } catch (error) {
        logger.error(`gateway.tokens failed: ${errorText(error)}`);
        return undefined;
      }
    };
  }
  if (typeof tokens !== "object" || tokens === null || Array.isArray(tokens)) {
    const expected = "an object of tokens and their rights, or a function";
    throw new OptionTypeError("gateway.tokens", expected, formatValue(tokens));
  }
  const known = new Map(Object.entries(tokens));
  for (const [token, rights] of known) {
    checkRights(`gateway.tokens[${JSON.stringify(token)}]`, rights);
  }
  return async (token) => known.get(token);
}

function checkRights(name: string, rights: unknown): TokenRights {
  if (rights === "all") {
    return rights;
  }
  if (isStringArray(rights)) {
    return rights;
  }
  throw new OptionTypeError(name, '"all" or an array of source ids', formatValue(rights));
}

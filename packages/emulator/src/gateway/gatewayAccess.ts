import type { Logger } from "@loggregator/core";

/** What a token may read: these sources, or `"all"`: any, and those that are not named. */
export type TokenRights = "all" | readonly string[];

/** The tokens that are good, or a function that knows them; undefined: not good. */
export type GatewayTokens =
  | Readonly<Record<string, TokenRights>>
  | ((token: string) => TokenRights | undefined);

/** Whether a request with this `Authorization` may read these sources; none: all sources. */
export type GatewayAccess = (
  authorization: string | undefined,
  sourceIds: readonly string[],
) => boolean;

/**
 * Checks tokens as the gateway does: what is left of `Authorization` without a lower-case `bearer`.
 *
 * @param tokens undefined: any token is good and may read all. One that has a space in it is none, so
 *   `Bearer x` is refused as the gateway refuses it.
 * @throws TypeError where tokens are not of their form
 */
export function createGatewayAccess(
  tokens: GatewayTokens | undefined,
  logger: Logger,
): GatewayAccess {
  const rightsOf = readTokens(tokens, logger);
  return (authorization, sourceIds) => {
    const token = (authorization ?? "").replace(/^bearer/, "").trim();
    const rights = token === "" ? undefined : rightsOf(token);
    if (rights === undefined || rights === "all") {
      return rights === "all";
    }
    return sourceIds.length > 0 && sourceIds.every((sourceId) => rights.includes(sourceId));
  };
}

function readTokens(
  tokens: GatewayTokens | undefined,
  logger: Logger,
): (token: string) => TokenRights | undefined {
  if (tokens === undefined) {
    return (token) => (/\s/.test(token) ? undefined : "all");
  }
  if (typeof tokens === "function") {
    return (token) => {
      try {
        return checkRights("gateway.tokens(…)", tokens(token) ?? []);
      } catch (error) {
        logger.error(`gateway.tokens threw: ${String(error)}`);
        return undefined;
      }
    };
  }
  if (typeof tokens !== "object" || tokens === null) {
    throw new TypeError(
      `gateway.tokens: expected an object of tokens and what each may read, or a function, got ${JSON.stringify(tokens)}`,
    );
  }
  const known = new Map(Object.entries(tokens));
  for (const [token, rights] of known) {
    checkRights(`gateway.tokens[${JSON.stringify(token)}]`, rights);
  }
  return (token) => known.get(token);
}

function checkRights(name: string, rights: unknown): TokenRights {
  if (
    rights === "all" ||
    (Array.isArray(rights) && rights.every((sourceId) => typeof sourceId === "string"))
  ) {
    return rights;
  }
  throw new TypeError(
    `${name}: expected "all" or an array of source ids, got ${JSON.stringify(rights)}`,
  );
}

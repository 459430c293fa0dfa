import { TokenError } from "@loggregator/auth";
import { cfCliToken } from "@loggregator/auth/node";
import type { TokenFunction } from "@loggregator/rlp-gateway";
import { UsageError } from "../errors.js";
import type { ProfileAccess } from "../profile/applyProfile.js";
import { readCfTarget } from "./foundation/cfTarget.js";
import type { Say } from "./sources/source.js";
import { tokenRefusal } from "./tokenRefusal.js";

export interface TokenOptions {
  readonly token?: string | undefined;
  /** Further hosts to which the token of the cf command may be sent. */
  readonly sendTokenTo?: readonly string[] | undefined;
  /** The token or client of a profile. */
  readonly profileAccess?: ProfileAccess | undefined;
  /** PEM file of further authorities, also for UAA. */
  readonly ca?: string | undefined;
}

/**
 * The token for a gateway: the given one, that of the profile, or that of the user who is logged in
 * with the `cf` command, which is run again when the last token has expired or the gateway refuses
 * it.
 *
 * @throws UsageError for a token that no header can carry.
 */
export async function findToken(
  url: URL,
  { token: given, sendTokenTo = [], profileAccess, ca }: TokenOptions,
  say: Say,
): Promise<string | TokenFunction | undefined> {
  if (given) {
    checkToken(given);
    return given;
  }
  if (profileAccess !== undefined) {
    const { profileToken } = await import("../profile/profileToken.js");
    const token = profileToken(url, profileAccess, ca);
    if (token === undefined) {
      const { name } = profileAccess.profile;
      say(`reading without a token: the token of profile ${name} is not sent to ${url.host}`);
    } else if (typeof token === "string") {
      checkToken(token);
    }
    return token;
  }
  const { api: target } = await readCfTarget();
  const refusal = tokenRefusal(url, target, sendTokenTo);
  if (refusal !== undefined) {
    if (target !== undefined) {
      say(`reading without a token: ${refusal}`);
    }
    return undefined;
  }
  const cfToken = cfCliToken();
  let first: string | undefined;
  try {
    first = await cfToken();
  } catch (error) {
    if (!isMissingCommand(error)) {
      say(`reading without a token: ${(error as Error).message}`);
    }
    return undefined;
  }
  return async (request) => {
    if (!request.refresh && first !== undefined) {
      const token = first;
      first = undefined;
      return token;
    }
    // The user may have logged in to another foundation since.
    const refusal = tokenRefusal(url, (await readCfTarget()).api, sendTokenTo);
    if (refusal !== undefined) {
      throw new Error(refusal);
    }
    return cfToken(request);
  };
}

function isMissingCommand(error: unknown): boolean {
  return error instanceof TokenError && (error.cause as NodeJS.ErrnoException)?.code === "ENOENT";
}

/** The value is a secret, even if it is invalid. */
function checkToken(given: string): void {
  const [first, ...rest] = given.trim().split(/\s+/);
  const isBearer = first?.toLowerCase() === "bearer";
  const [token = "", ...more] = isBearer ? rest : [first, ...rest];
  if (/^[\x21-\x7e]+$/.test(token) && more.length === 0) {
    return;
  }
  throw new UsageError(
    token === ""
      ? "--token must be a token, got none; check that the variable with the token is set"
      : `--token must be visible ASCII characters, got text of length ${given.length} with others among them`,
  );
}

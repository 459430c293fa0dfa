import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The configuration of the cf command: the foundation that it targets, and the user who is logged
 * in.
 */
export interface CfConfig {
  /** The URL of the API, `https://api.<system domain>`. */
  readonly apiUrl: string | undefined;
  readonly uaaUrl: string | undefined;
  readonly logCacheUrl: string | undefined;
  /** The token of the user who is logged in, without `bearer`. It may have expired. */
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** The UAA client to which the refresh token belongs. */
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  /** The names of the targeted organization and space. */
  readonly org: string | undefined;
  readonly space: string | undefined;
}

/**
 * Reads the cf command's configuration, `.cf/config.json` in the home directory or in `CF_HOME`. It
 * is never written. Returns undefined if there is none, or if it is not a JSON object.
 */
export async function readCfConfig(
  home = process.env["CF_HOME"] || homedir(),
): Promise<CfConfig | undefined> {
  let config: Readonly<Record<string, unknown>>;
  try {
    config = Object(JSON.parse(await readFile(join(home, ".cf", "config.json"), "utf8")));
  } catch {
    return undefined;
  }
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
  return {
    apiUrl: text(config["Target"]),
    uaaUrl: text(config["UaaEndpoint"]),
    logCacheUrl: text(config["LogCacheEndPoint"]),
    accessToken: text(config["AccessToken"])?.replace(/^bearer\s+/i, ""),
    refreshToken: text(config["RefreshToken"]),
    clientId: text(config["UAAOAuthClient"]),
    clientSecret:
      typeof config["UAAOAuthClientSecret"] === "string"
        ? config["UAAOAuthClientSecret"]
        : undefined,
    org: text(Object(config["OrganizationFields"])["Name"]),
    space: text(Object(config["SpaceFields"])["Name"]),
  };
}

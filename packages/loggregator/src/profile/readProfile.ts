import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { closestName, formatValue } from "@loggregator/core";
import { UsageError } from "../errors.js";
import { configPath, type System } from "./configPath.js";
import { type NamedProfile, type Profile, pathKeys, profileKeys } from "./profile.js";

/** Settings that would be secrets in the file, and what to use instead. */
const secretKeys: Readonly<Record<string, string>> = {
  token: "tokenFile or tokenEnv",
  clientSecret: "clientSecretFile or clientSecretEnv",
  password: "tokenFile or tokenEnv",
  secret: "clientSecretFile or clientSecretEnv",
};

const exclusive: readonly (readonly [keyof Profile, keyof Profile])[] = [
  ["tokenFile", "tokenEnv"],
  ["clientSecretFile", "clientSecretEnv"],
  ["tokenFile", "clientId"],
  ["tokenEnv", "clientId"],
];

/**
 * Reads the profile with this name, or the default one.
 *
 * @returns undefined if no name is given and the configuration or its default is missing.
 * @throws UsageError for an unknown profile, an invalid file, or one that others can write to.
 */
export async function readProfile(
  name: string | undefined,
  system: System,
): Promise<NamedProfile | undefined> {
  const path = configPath(system);
  const config = await readConfig(path, system);
  if (config === undefined) {
    if (name === undefined) {
      return undefined;
    }
    throw new UsageError(`--profile ${formatValue(name)}: there is no file ${path}; create it`);
  }
  const { profiles, defaultName } = config;
  const chosen = name ?? defaultName;
  if (chosen === undefined) {
    return undefined;
  }
  const settings = Object.hasOwn(profiles, chosen) ? profiles[chosen] : undefined;
  if (settings === undefined) {
    const subject = name === undefined ? `${path}: default` : "--profile";
    throw unknown(subject, chosen, Object.keys(profiles), `in ${path}`);
  }
  return {
    name: chosen,
    settings: readSettings(settings, `${path}: profiles.${chosen}`, dirname(path), system),
    isNamed: name !== undefined,
    path,
  };
}

interface Config {
  readonly defaultName: string | undefined;
  readonly profiles: Readonly<Record<string, unknown>>;
}

async function readConfig(path: string, { platform }: System): Promise<Config | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
    // Others could replace the server to which tokens are sent.
    if (platform !== "win32" && ((await stat(path)).mode & 0o022) !== 0) {
      throw new UsageError(`${path} can be changed by other users; run "chmod go-w ${path}"`);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      return undefined;
    }
    throw error instanceof UsageError
      ? error
      : new UsageError(`cannot read ${path}: ${message}`, { cause: error });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The message of the parser quotes the text.
    throw new UsageError(`${path} must be JSON, such as {"profiles":{"prod":{"api":"https://…"}}}`);
  }
  const config = objectAt(path, json);
  for (const key of Object.keys(config)) {
    if (key !== "default" && key !== "profiles") {
      throw unknown(path, key, ["default", "profiles"]);
    }
  }
  const { default: defaultName } = config;
  return {
    defaultName: defaultName === undefined ? undefined : textAt(`${path}: default`, defaultName),
    profiles: objectAt(`${path}: profiles`, config["profiles"] ?? {}),
  };
}

function readSettings(json: unknown, place: string, folder: string, system: System): Profile {
  const settings: { -readonly [key in keyof Profile]: string } = {};
  for (const [key, value] of Object.entries(objectAt(place, json))) {
    if (Object.hasOwn(secretKeys, key)) {
      throw new UsageError(
        `${place}.${key} must not be in the file, as it is a secret; use ${secretKeys[key]} instead`,
      );
    }
    if (!Object.hasOwn(profileKeys, key)) {
      throw unknown(place, key, Object.keys(profileKeys));
    }
    settings[key as keyof Profile] = textAt(`${place}.${key}`, value);
  }
  for (const [one, other] of exclusive) {
    if (settings[one] !== undefined && settings[other] !== undefined) {
      throw new UsageError(`${place} has both ${one} and ${other}; remove one of them`);
    }
  }
  const { clientId, clientSecretFile, clientSecretEnv, uaa, api } = settings;
  const hasSecret = clientSecretFile !== undefined || clientSecretEnv !== undefined;
  if ((clientId !== undefined) !== hasSecret) {
    throw new UsageError(
      `${place} needs clientId together with clientSecretFile or clientSecretEnv`,
    );
  }
  if (clientId !== undefined && uaa === undefined && api === undefined) {
    throw new UsageError(`${place} has a clientId, which needs uaa or api`);
  }
  for (const key of pathKeys) {
    const path = settings[key];
    if (path !== undefined) {
      settings[key] = /^~[/\\]/.test(path)
        ? resolve(system.home, path.slice(2))
        : resolve(folder, path);
    }
  }
  return settings;
}

function objectAt(place: string, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new UsageError(`${place} must be an object`);
}

function textAt(place: string, value: unknown): string {
  if (typeof value === "string" && value.trim() !== "") {
    return value;
  }
  throw new UsageError(`${place} must be a non-empty string`);
}

function unknown(subject: string, name: string, known: readonly string[], where = ""): UsageError {
  const closest = closestName(name, known);
  const advice =
    closest === undefined
      ? `known names${where && ` ${where}`}: ${known.join(", ") || "none"}`
      : `did you mean ${formatValue(closest)}?`;
  return new UsageError(`${subject}: unknown name ${formatValue(name)}; ${advice}`);
}

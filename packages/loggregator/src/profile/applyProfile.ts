import { homedir } from "node:os";
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import type { System } from "./configPath.js";
import type { NamedProfile, Profile } from "./profile.js";
import { readProfile } from "./readProfile.js";
import { checkPrivate, readSecret } from "./readSecret.js";

/** The token of a profile, or the client that gets tokens, and the servers that may receive it. */
export interface ProfileAccess {
  readonly token: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  /** The settings with the addresses. */
  readonly profile: NamedProfile;
}

/** The addresses to read from, in the order in which the first available one is chosen. */
const sources = {
  egress: "LOGGREGATOR_EGRESS_ADDRESS",
  gateway: "LOGGREGATOR_GATEWAY_URL",
  logCacheUrl: "LOGGREGATOR_LOG_CACHE_URL",
} as const;

/**
 * Sets options from the profile that `--profile` or LOGGREGATOR_PROFILE names, or from the default
 * one. Options of the command line come first, then the environment, then the profile.
 *
 * @throws UsageError for an invalid or unknown profile, or a secret that others can read.
 */
export async function applyProfile(
  command: Command,
  say: (message: string) => void,
  system: System = { platform: process.platform, env: process.env, home: homedir() },
): Promise<void> {
  if (!has(command, "profile")) {
    return;
  }
  const { profile: option } = command.opts<{ readonly profile?: string }>();
  const profile = await readProfile(
    option ?? (system.env["LOGGREGATOR_PROFILE"] || undefined),
    system,
  );
  if (profile === undefined) {
    return;
  }
  await new Application(command, profile, system).apply(say);
}

class Application {
  readonly #command: Command;
  readonly #profile: NamedProfile;
  readonly #settings: Profile;
  readonly #system: System;

  constructor(command: Command, profile: NamedProfile, system: System) {
    this.#command = command;
    this.#profile = profile;
    this.#settings = profile.settings;
    this.#system = system;
  }

  async apply(say: (message: string) => void): Promise<void> {
    const { name, isNamed } = this.#profile;
    const address =
      has(this.#command, "gateway") || has(this.#command, "logCacheUrl")
        ? await this.#applySource()
        : this.#applyDestination();
    // Certificates of the default profile are not for servers that the user names.
    if (address !== undefined || isNamed) {
      await this.#applyCertificates();
    }
    if (address !== undefined && !isNamed) {
      say(`using the default profile ${name}: ${address}`);
    } else if (address === undefined && isNamed) {
      say(`not using the profile ${name}: the options or the environment specify another server`);
    }
  }

  /** Returns the address if it is from the profile. */
  async #applySource(): Promise<string | undefined> {
    const { api } = this.#settings;
    const chosen = this.#chosenSource();
    const url = chosen === undefined ? undefined : this.#settings[chosen];
    if (chosen === undefined || url === undefined) {
      return undefined;
    }
    this.#set(chosen, url);
    if (api !== undefined) {
      this.#set("api", api);
    }
    await this.#applyToken();
    return url;
  }

  /** Returns the setting with the address to read from, unless the user names one. */
  #chosenSource(): keyof Profile | undefined {
    const { settings } = this.#profile;
    const named = [...Object.keys(sources), "api"].some((option) => this.#isGiven(option));
    const isStream = has(this.#command, "gateway");
    const usesLogCache =
      !isStream ||
      this.#command.getOptionValue("logCache") === true ||
      this.#command.getOptionValue("recent") !== undefined ||
      this.#command.getOptionValue("since") !== undefined;
    const variables = usesLogCache ? [sources.logCacheUrl] : Object.values(sources);
    if (named || variables.some((variable) => this.#system.env[variable])) {
      return undefined;
    }
    const candidates: (keyof Profile)[] = usesLogCache
      ? ["logCacheUrl", "api"]
      : has(this.#command, "logCacheUrl")
        ? ["egress", "gateway", "logCacheUrl", "api"]
        : ["egress", "gateway", "api"];
    return candidates.find((key) => settings[key] !== undefined);
  }

  /** Sets the token, or the client that gets tokens. */
  async #applyToken(): Promise<void> {
    const { api, uaa, clientId } = this.#settings;
    if (this.#isGiven("token") || this.#isGiven("clientId")) {
      return;
    }
    const token = await readSecret("token", this.#profile, this.#system);
    const clientSecret = await readSecret("clientSecret", this.#profile, this.#system);
    if (token === undefined && clientSecret === undefined) {
      return;
    }
    if (!has(this.#command, "clientId")) {
      const access: ProfileAccess = { token, clientId, clientSecret, profile: this.#profile };
      this.#set("profileAccess", access);
      return;
    }
    if (api === undefined && this.#command.getOptionValue("app") !== undefined) {
      // Otherwise the token would be sent to the foundation of cf.
      throw new UsageError(
        `--app needs the API of Cloud Foundry; add "api" to the profile ${this.#profile.name}`,
      );
    }
    for (const [name, value] of Object.entries({ token, clientId, uaa, clientSecret })) {
      if (value !== undefined) {
        this.#set(name, value);
      }
    }
  }

  /** Returns the address of the agent if it is from the profile. */
  #applyDestination(): string | undefined {
    const option = this.#command.getOptionValue("v1") === true ? "v1Address" : "address";
    const address = this.#settings[option];
    if (address === undefined || this.#isGiven(option)) {
      return undefined;
    }
    this.#set(option, address);
    return address;
  }

  async #applyCertificates(): Promise<void> {
    for (const option of ["ca", "cert", "key"] as const) {
      const path = this.#settings[option];
      if (path === undefined || !has(this.#command, option) || this.#isGiven(option)) {
        continue;
      }
      if (option === "key") {
        await checkPrivate("key", path, this.#profile, this.#system);
      }
      this.#set(option, path);
    }
  }

  /** Whether the command line or the environment sets an option. */
  #isGiven(option: string): boolean {
    const source = this.#command.getOptionValueSource(option);
    const nozzleVariable = `NOZZLE_${option.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    const isNozzle = this.#command.name() === "nozzle";
    return (
      (source !== undefined && source !== "default") ||
      (isNozzle && Boolean(this.#system.env[nozzleVariable]))
    );
  }

  #set(option: string, value: unknown): void {
    this.#command.setOptionValueWithSource(option, value, "profile");
  }
}

/** Whether a command has an option. */
function has(command: Command, name: string): boolean {
  return command.options.some((option) => option.attributeName() === name);
}

import { errorText, formatValue } from "@loggregator/core";
import type { TokenFunction } from "@loggregator/rlp-gateway";
import { CommandError, UsageError } from "../errors.js";
import { readCfTarget } from "./cfTarget.js";
import { fetchFor, parseUrl } from "./httpAddress.js";
import type { Say } from "./source.js";
import { findToken, type TokenOptions } from "./token.js";

/** The options that say which foundation, and which apps of it. */
export interface FoundationOptions extends TokenOptions {
  /** URL of its API. */
  readonly api?: string | undefined;
  /** Names of apps. */
  readonly app?: readonly string[] | undefined;
  readonly space?: string | undefined;
  readonly org?: string | undefined;
  readonly ca?: string | undefined;
}

/** The addresses that a foundation publishes. */
export interface Endpoints {
  readonly logCache: string | undefined;
  readonly gateway: string | undefined;
}

/** A page of Cloud Controller's answers, as far as it is read here. */
interface Page {
  readonly resources?: readonly { readonly guid: string }[];
}

const timeoutMs = 10_000;
const maxBytes = 10 * 1024 * 1024;

/** A Cloud Foundry, by its API. */
export class Foundation {
  readonly api: URL;
  readonly #options: FoundationOptions;
  readonly #spaceGuid: string | undefined;
  readonly #say: Say;
  #token: Promise<string | TokenFunction | undefined> | undefined;

  private constructor(
    api: URL,
    options: FoundationOptions,
    spaceGuid: string | undefined,
    say: Say,
  ) {
    this.api = api;
    this.#options = options;
    this.#spaceGuid = spaceGuid;
    this.#say = say;
  }

  /** The foundation of `--api`, or the one that cf is logged in to; undefined if there is none. */
  static async find(options: FoundationOptions, say: Say): Promise<Foundation | undefined> {
    const target = await readCfTarget();
    const api =
      options.api === undefined
        ? target.api
        : parseUrl("--api", options.api, "https://api.example.com");
    if (api === undefined) {
      return undefined;
    }
    // The space that cf targets is one of cf's foundation.
    const isTarget = api.host === target.api?.host;
    return new Foundation(api, options, isTarget ? target.spaceGuid : undefined, say);
  }

  /** The addresses in the API's root document, which needs no token. */
  async endpoints(): Promise<Endpoints> {
    const root = (await this.#get("/", false)) as {
      readonly links?: Readonly<Record<string, { readonly href?: unknown } | null>>;
    };
    const link = (name: string) => {
      const href = root.links?.[name]?.href;
      return typeof href === "string" ? href : undefined;
    };
    return { logCache: link("log_cache"), gateway: link("log_stream") };
  }

  /**
   * The GUIDs of the apps that `--app` names, in `--space` and `--org`, or else in the space that cf
   * targets.
   *
   * @throws CommandError for an app, space or organization that is not there or not visible.
   */
  async appGuids(): Promise<string[]> {
    const { app: names = [], space, org } = this.#options;
    let spaces = space === undefined && org === undefined ? this.#spaceGuid : undefined;
    if (space !== undefined || org !== undefined) {
      const orgs = org === undefined ? undefined : await this.#guids("organizations", org, {});
      const inOrgs = { organization_guids: orgs?.join(",") };
      const found = await this.#guids("spaces", space, inOrgs);
      spaces = found.join(",");
    }
    const guids: string[] = [];
    for (const name of names) {
      const found = await this.#guids("apps", name, { space_guids: spaces });
      if (found.length > 1) {
        throw new UsageError(
          `--app ${formatValue(name)} is the name of ${found.length} apps; name one with --space and --org`,
        );
      }
      guids.push(...found);
    }
    return guids;
  }

  /** @throws CommandError if nothing has the name. */
  async #guids(
    kind: "organizations" | "spaces" | "apps",
    name: string | undefined,
    filter: Readonly<Record<string, string | undefined>>,
  ): Promise<string[]> {
    const query = new URLSearchParams({ per_page: "100" });
    for (const [key, value] of Object.entries({ names: name?.replaceAll(",", "%2C"), ...filter })) {
      if (value !== undefined) {
        query.set(key, value);
      }
    }
    const { resources = [] } = (await this.#get(`/v3/${kind}?${query}`, true)) as Page;
    if (resources.length === 0) {
      const what = { organizations: "--org", spaces: "--space", apps: "--app" }[kind];
      throw new CommandError(
        `${what} ${formatValue(name)}: ${this.api.host} has none of that name that you may see; check the name, --space and --org`,
      );
    }
    return resources.map(({ guid }) => guid);
  }

  async #get(path: string, withToken: boolean): Promise<unknown> {
    const url = new URL(path, this.api);
    const fetch = (await fetchFor(url, this.#options.ca)) ?? globalThis.fetch;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const token = withToken ? await this.#bearer(signal) : undefined;
      const headers: Record<string, string> = token ? { authorization: `bearer ${token}` } : {};
      const response = await fetch(String(url), { headers, signal, redirect: "manual" });
      if (response.status === 401) {
        throw new CommandError(
          `${this.api.host} refuses the token; give a valid one with --token or CF_TOKEN, or log in with "cf login"`,
        );
      }
      if (response.status !== 200) {
        throw new CommandError(
          `${this.api.host} answers ${response.status} to ${path.split("?")[0]}; check --api`,
        );
      }
      const text = await new Response(response.body as ReadableStream<Uint8Array>).text();
      return JSON.parse(text.slice(0, maxBytes));
    } catch (error) {
      if (error instanceof CommandError) {
        throw error;
      }
      const { cause } = error as Error;
      throw new CommandError(
        `cannot read ${url.origin}: ${errorText(cause ?? error)}; check --api, or log in with "cf login"`,
        { cause: error },
      );
    }
  }

  async #bearer(signal: AbortSignal): Promise<string | undefined> {
    this.#token ??= findToken(this.api, this.#options, this.#say);
    const token = await this.#token;
    const value = typeof token === "function" ? await token({ refresh: false, signal }) : token;
    return value?.replace(/^bearer\s+/i, "");
  }
}

import {
  type ConnectionStatus,
  checkOptionNames,
  formatValue,
  isGuid,
  type LinkedAbortController,
  linkedAbortController,
  nonEmptyString,
  OptionTypeError,
  onAbort,
  optionalSignal,
  positiveInteger,
  positiveMs,
  stringArgument,
} from "@loggregator/core";
import type { HttpOptions } from "@loggregator/core/http";
import { checkToken, type TokenFunction } from "../token/tokenFunction.js";
import { ApiClient } from "./apiClient.js";
import { ApiMonitor } from "./apiMonitor.js";
import { AppLookupError, type AppPlace, CloudControllerError } from "./cloudControllerError.js";
import { NameCache } from "./nameCache.js";

/** Options of a `CloudController`. */
export interface CloudControllerOptions extends HttpOptions {
  /** The URL of Cloud Foundry's API: `https://api.<system domain>`. */
  readonly url: string | URL;
  /**
   * The OAuth token, or a function that returns it.
   *
   * @default none: requests are sent without a token
   */
  readonly token?: string | TokenFunction | undefined;
  /**
   * The maximum number of cached names. Raise it if more apps than this are looked up repeatedly.
   *
   * @default 10_000
   */
  readonly cacheSize?: number | undefined;
  /**
   * The time in milliseconds for which a name, or its absence, is cached. Lower it to see renamed
   * apps sooner, at the cost of more requests.
   *
   * @default 300_000
   */
  readonly cacheTtlMs?: number | undefined;
  /**
   * Closes the client, as `close()` does, when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** The statistics of a `CloudController`. */
export interface CloudControllerStats {
  /** Requests to Cloud Controller. One that is repeated with a fresh token counts once. */
  readonly requests: number;
  /** Requests that failed. Those that were cancelled do not count. */
  readonly failed: number;
}

/** Options of `appGuid`: the location of an app whose name is not unique. */
export interface AppLocation {
  /**
   * The name of the app's space.
   *
   * @default none: all spaces
   */
  readonly space?: string | undefined;
  /**
   * The name of the app's organization.
   *
   * @default none: all organizations
   */
  readonly org?: string | undefined;
  /**
   * Cancels the request.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** The names of an app. */
export interface AppNames {
  readonly app: string;
  readonly space: string;
  readonly org: string;
}

/** The number of GUIDs per request: with more, the URL would be too long for some proxies. */
const guidsPerRequest = 50;

/** The maximum page size of Cloud Controller. */
const perPage = 5_000;

/** Translates between the names and GUIDs of apps, with Cloud Controller's API v3. */
export class CloudController implements AsyncDisposable {
  readonly #api: ApiClient;
  readonly #monitor = new ApiMonitor();
  readonly #life: LinkedAbortController;
  readonly #names: NameCache<AppNames | undefined>;

  /** @throws OptionTypeError, OptionRangeError for an invalid option. Nothing is sent yet. */
  constructor(options: CloudControllerOptions) {
    checkOptionNames<CloudControllerOptions>("options", options, {
      url: true,
      token: true,
      fetch: true,
      timeoutMs: true,
      cacheSize: true,
      cacheTtlMs: true,
      signal: true,
    });
    optionalSignal("signal", options.signal);
    this.#api = new ApiClient(options.url, checkToken(options.token), options);
    this.#names = new NameCache(
      positiveInteger("cacheSize", options.cacheSize ?? 10_000),
      positiveMs("cacheTtlMs", options.cacheTtlMs ?? 300_000),
    );
    this.#life = linkedAbortController(options.signal);
    onAbort(this.#life.signal, () => this.#monitor.status.push({ type: "closed" }));
  }

  /** The statistics of the client. */
  get stats(): CloudControllerStats {
    const { requests, failed } = this.#monitor;
    return { requests, failed };
  }

  /**
   * Yields whether Cloud Controller answers: `idle` before the first request, then `open` or, if
   * there was no answer, `disconnected`; `closed` is the last one.
   */
  status(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#monitor.status.read();
  }

  /** Cancels all requests. Later ones are rejected with a TypeError. */
  async close(): Promise<void> {
    this.#life.abort();
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Returns the GUID of an app.
   *
   * @throws AppLookupError if there is no visible app with this name, or more than one; its
   * `candidates` are the apps in all spaces.
   * @throws CloudControllerError if the request fails; TokenError if there is no token; the signal's
   * reason if that aborted.
   * @throws OptionTypeError, OptionRangeError for an invalid argument.
   */
  async appGuid(name: string, location: AppLocation = {}): Promise<string> {
    nonEmptyString("name", name);
    checkOptionNames<AppLocation>("location", location, { space: true, org: true, signal: true });
    const { space, org, signal } = location;
    optionalSignal("signal", signal);
    for (const [option, value] of Object.entries({ space, org })) {
      if (value !== undefined) {
        nonEmptyString(option, value);
      }
    }
    // Encoded twice: Cloud Controller decodes each value again after splitting the list at commas.
    const filter = `names=${encodeURIComponent(encodeURIComponent(name))}`;
    const apps = await this.#apps(filter, signal);
    const candidates = apps.map(([guid, names]) => ({ guid, space: names.space, org: names.org }));
    const matches = candidates.filter(
      (place) => (space ?? place.space) === place.space && (org ?? place.org) === place.org,
    );
    const [match] = matches;
    if (match !== undefined && matches.length === 1) {
      return match.guid;
    }
    throw new AppLookupError(lookupMessage(name, space, org, matches), candidates);
  }

  /**
   * Returns the names of apps by their GUIDs. Apps that are not visible to the user, and source ids
   * that are not GUIDs, are omitted.
   *
   * @throws CloudControllerError if a request fails; TokenError if there is no token; the signal's
   * reason if that aborted.
   * @throws OptionTypeError for an invalid argument.
   */
  async names(
    guids: Iterable<string>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Map<string, AppNames>> {
    checkOptionNames<typeof options>("options", options, { signal: true });
    optionalSignal("signal", options.signal);
    if (typeof guids === "string" || typeof Object(guids)[Symbol.iterator] !== "function") {
      throw new OptionTypeError("guids", "an iterable of strings", formatValue(guids));
    }
    const ids = [...guids];
    for (const [i, id] of ids.entries()) {
      stringArgument(`guids[${i}]`, id);
    }
    const found = new Map<string, AppNames>();
    const unknown: string[] = [];
    for (const id of new Set(ids)) {
      const cached = isGuid(id) ? this.#names.get(id) : { value: undefined };
      if (cached === undefined) {
        unknown.push(id);
      } else if (cached.value !== undefined) {
        found.set(id, cached.value);
      }
    }
    while (unknown.length > 0) {
      const requested = unknown.splice(0, guidsPerRequest);
      const answered = new Map(await this.#apps(`guids=${requested.join(",")}`, options.signal));
      for (const id of requested) {
        const names = answered.get(id);
        this.#names.set(id, names);
        if (names !== undefined) {
          found.set(id, names);
        }
      }
    }
    return found;
  }

  async #apps(
    filter: string,
    signal: AbortSignal | undefined,
  ): Promise<readonly [guid: string, names: AppNames][]> {
    const apps: [string, AppNames][] = [];
    for (let page = 1, pages = 1; page <= pages; page++) {
      const path = `/v3/apps?${filter}&include=space.organization&per_page=${perPage}&page=${page}`;
      const answer = (await this.#get(path, signal)) as unknown as AppsAnswer;
      try {
        apps.push(...readApps(answer));
        pages = Math.min(answer.pagination.total_pages, 100);
      } catch (cause) {
        const message = "the response of Cloud Controller to /v3/apps has an unexpected form";
        throw new CloudControllerError(message, { cause, retryable: false });
      }
    }
    return apps;
  }

  async #get(
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<Readonly<Record<string, unknown>>> {
    if (this.#life.signal.aborted) {
      throw new TypeError("the client is closed");
    }
    const linked = linkedAbortController(this.#life.signal, signal);
    this.#monitor.requests++;
    try {
      const answer = await this.#api.get(path, linked.signal);
      this.#monitor.answered();
      return answer;
    } catch (error) {
      if (!linked.signal.aborted) {
        this.#monitor.refused(error);
      }
      throw error;
    } finally {
      linked.abort();
    }
  }
}

/** The part of a response to `/v3/apps` that is used. */
interface AppsAnswer {
  readonly pagination: { readonly total_pages: number };
  readonly resources: readonly Resource[];
  readonly included: {
    readonly spaces: readonly Resource[];
    readonly organizations: readonly Resource[];
  };
}

interface Resource {
  readonly guid: string;
  readonly name: string;
  readonly relationships: Readonly<Record<string, { readonly data: { readonly guid: string } }>>;
}

function readApps({ resources, included }: AppsAnswer): [string, AppNames][] {
  const spaces = new Map(included.spaces.map((space) => [space.guid, space]));
  const orgs = new Map(included.organizations.map((org) => [org.guid, org]));
  return resources.map((app) => {
    const space = spaces.get(app.relationships["space"]?.data.guid ?? "");
    const org = orgs.get(space?.relationships["organization"]?.data.guid ?? "");
    return [app.guid, { app: app.name, space: space?.name ?? "", org: org?.name ?? "" }];
  });
}

function lookupMessage(
  name: string,
  space: string | undefined,
  org: string | undefined,
  matches: readonly AppPlace[],
): string {
  const where = [
    ...(space === undefined ? [] : [`space ${JSON.stringify(space)}`]),
    ...(org === undefined ? [] : [`org ${JSON.stringify(org)}`]),
  ].join(" of ");
  const place = where === "" ? "" : ` in ${where}`;
  if (matches.length === 0) {
    return `there is no app named ${JSON.stringify(name)}${place} that this user may see`;
  }
  const places = matches.slice(0, 5).map(({ org, space }) => `${org}/${space}`);
  return `there are ${matches.length} apps named ${JSON.stringify(name)}${place}: ${places.join(", ")}. Set space and org`;
}

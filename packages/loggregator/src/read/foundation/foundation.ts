import { type AppNames, CloudController, type Discovery, discover } from "@loggregator/auth";
import { withFlags } from "../../explain.js";
import { findToken, type TokenOptions } from "../findToken.js";
import { fetchFor, parseUrl } from "../httpAddress.js";
import type { Say } from "../sources/source.js";
import { readCfTarget } from "./cfTarget.js";

/** The options that select a foundation and apps. */
export interface FoundationOptions extends TokenOptions {
  /** URL of its API. */
  readonly api?: string | undefined;
  /** Names of apps. */
  readonly app?: readonly string[] | undefined;
  readonly space?: string | undefined;
  readonly org?: string | undefined;
}

/** The place of apps; undefined for any. */
interface Place {
  readonly space?: string | undefined;
  readonly org?: string | undefined;
}

/** A Cloud Foundry foundation, identified by its API. */
export class Foundation {
  readonly api: URL;
  readonly #options: FoundationOptions;
  readonly #place: Place;
  readonly #say: Say;

  private constructor(api: URL, options: FoundationOptions, place: Place, say: Say) {
    this.api = api;
    this.#options = options;
    this.#place = place;
    this.#say = say;
  }

  /** The foundation of `--api`, or the one that cf is logged in to; undefined if there is none. */
  static async find(options: FoundationOptions, say: Say): Promise<Foundation | undefined> {
    const { space, org } = options;
    const target = await readCfTarget();
    const api =
      options.api === undefined
        ? target.api
        : parseUrl("--api", options.api, "https://api.example.com");
    if (api === undefined) {
      return undefined;
    }
    // The space that cf targets belongs to cf's foundation.
    const isTarget = api.host === target.api?.host && space === undefined && org === undefined;
    return new Foundation(api, options, isTarget ? target : { space, org }, say);
  }

  /** The addresses in the API's root document, which needs no token. */
  async endpoints(): Promise<Discovery> {
    return await discover(this.api, { fetch: await fetchFor(this.api, this.#options.ca) });
  }

  /**
   * The GUIDs of the apps that `--app` names, in `--space` and `--org`, or else in the space that cf
   * targets.
   */
  async appGuids(): Promise<string[]> {
    const { app: names = [] } = this.#options;
    const { space, org } = this.#place;
    const controller = await this.#controller();
    return await Promise.all(names.map((name) => controller.appGuid(name, { space, org })));
  }

  /** The names of apps by their GUIDs. Source ids that are not apps are omitted. */
  async appNames(guids: Iterable<string>, signal: AbortSignal): Promise<Map<string, AppNames>> {
    const controller = await this.#controller();
    return await controller.names(guids, { signal });
  }

  async #controller(): Promise<CloudController> {
    const fetch = await fetchFor(this.api, this.#options.ca);
    const token = await findToken(this.api, this.#options, this.#say);
    return await withFlags(
      { url: "--api", token: "--token" },
      () => new CloudController({ url: this.api, token, fetch }),
    );
  }
}

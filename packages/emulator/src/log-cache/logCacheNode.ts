import type { Envelope } from "@loggregator/api";
import { ServerError, Status } from "nice-grpc";
import { batchBytes, varintSize } from "../wire/envelopeBatch.js";
import type { LogCacheFaultState } from "./logCacheFaults.js";
import type { QueryResult, RangeQuery } from "./promql/evaluate/queries.js";
import { isEnvelopeType, type ReadQuery, readEnvelopes } from "./read/readEnvelopes.js";
import {
  EnvelopeStore,
  type EnvelopeStoreOptions,
  type SourceMeta,
} from "./store/envelopeStore.js";

/** A request that would have crashed a real log-cache node. */
export interface LogCacheCrash {
  /** The method, for example `Egress.Read`. */
  readonly method: string;
  readonly reason: string;
  readonly time: Date;
}

/** The number of crashes that are kept. */
const maxCrashes = 100;
const metaCacheMs = 1000;

export interface LogCacheNodeOptions extends EnvelopeStoreOptions {
  readonly faults: LogCacheFaultState;
  /** Whether `meta` may be up to a second old, as in a real one. */
  readonly cachesMeta: boolean;
  readonly onCrash: (crash: LogCacheCrash) => void;
}

/** Log-cache behind its three interfaces. */
export class LogCacheNode {
  readonly #options: LogCacheNodeOptions;
  readonly #store: EnvelopeStore;
  readonly #crashes: LogCacheCrash[] = [];
  #meta: { readonly at: number; readonly value: Map<string, SourceMeta> } | undefined;

  constructor(options: LogCacheNodeOptions) {
    this.#options = options;
    this.#store = new EnvelopeStore(options);
  }

  get crashes(): readonly LogCacheCrash[] {
    return this.#crashes;
  }

  get faults(): LogCacheFaultState {
    return this.#options.faults;
  }

  /** Stores an envelope, unless a fault drops or delays it. */
  put(envelope: Envelope, bytes: Uint8Array): void {
    const { faults } = this;
    if (faults.losesData) {
      return;
    }
    const lateness = faults.latenessOf(envelope);
    if (lateness === 0) {
      this.#store.put(envelope, bytes);
      return;
    }
    faults.after(lateness, () => {
      if (!faults.losesData) {
        this.#store.put(envelope, bytes);
      }
    });
  }

  /** Discards everything, as a restart does. */
  clear(): void {
    this.#store.clear();
    this.#meta = undefined;
  }

  /** Clears the recorded crashes. */
  clearCrashes(): void {
    this.#crashes.length = 0;
  }

  /**
   * Returns this node for a request of the gateway.
   *
   * @throws ServerError UNAVAILABLE if the gateway is not connected to log-cache.
   */
  viaGateway(): this {
    if (this.faults.server.isUnreachable) {
      throw connectionRefused();
    }
    return this;
  }

  /** @throws ServerError as a real log-cache, except RESOURCE_EXHAUSTED: see `checkSize`. */
  async read(query: ReadQuery): Promise<Uint8Array[]> {
    this.#checkServer();
    const unknown = query.envelopeTypes.find((type) => !isEnvelopeType(type));
    if (unknown !== undefined) {
      throw this.crash("Egress.Read", `envelope_types has ${unknown}, which is not a type`);
    }
    const envelopes = await readEnvelopes(this.#store, query, this.faults.now());
    return this.faults.losesData ? [] : envelopes;
  }

  /** @throws ServerError RESOURCE_EXHAUSTED for a response that the gateway could not receive. */
  checkSize(envelopes: readonly Uint8Array[]): void {
    const batch = batchBytes(envelopes);
    const size = envelopes.length === 0 ? 2 : 1 + varintSize(batch) + batch;
    const max = this.faults.maxResponseBytes;
    if (size > max) {
      throw new ServerError(
        Status.RESOURCE_EXHAUSTED,
        `grpc: received message larger than max (${size} vs. ${max})`,
      );
    }
  }

  meta(): ReadonlyMap<string, SourceMeta> {
    this.#checkServer();
    if (this.faults.node.isUnreachable) {
      return new Map();
    }
    if (!this.#options.cachesMeta) {
      return this.#store.meta();
    }
    const now = performance.now();
    if (this.#meta === undefined || now - this.#meta.at >= metaCacheMs) {
      this.#meta = { at: now, value: this.#store.meta() };
    }
    return this.#meta.value;
  }

  /** @param expand Returns the source ids that replace one of the query. */
  async instantQuery(
    query: string,
    time: string,
    expand?: (sourceId: string) => readonly string[],
  ): Promise<QueryResult> {
    this.#checkServer();
    const { instantQuery } = await import("./promql/evaluate/queries.js");
    const nowMs = Number(this.faults.now() / 1_000_000n);
    return instantQuery(this.#source(expand), query, time, nowMs);
  }

  async rangeQuery(
    query: RangeQuery,
    expand?: (sourceId: string) => readonly string[],
  ): Promise<QueryResult> {
    this.#checkServer();
    const { rangeQuery } = await import("./promql/evaluate/queries.js");
    return rangeQuery(this.#source(expand), query, (points) =>
      this.crash("PromQLQuerier.RangeQuery", `the query has ${points} points`),
    );
  }

  /** Records a crash, and returns the error to answer with instead. */
  crash(method: string, reason: string): ServerError {
    const crash = { method, reason, time: new Date() };
    this.#crashes.push(crash);
    if (this.#crashes.length > maxCrashes) {
      this.#crashes.shift();
    }
    this.#options.onCrash(crash);
    return new ServerError(Status.INTERNAL, `a real log-cache node would have crashed: ${reason}`);
  }

  /** Returns the source of queries. */
  #source(expand: (sourceId: string) => readonly string[] = (sourceId) => [sourceId]): QuerySource {
    return {
      visit: (sourceId, range, visit) => {
        if (this.faults.losesData) {
          return;
        }
        for (const one of expand(sourceId)) {
          this.#store.visit(one, range, visit);
        }
      },
    };
  }

  #checkServer(): void {
    if (this.faults.isUnavailable) {
      throw connectionRefused();
    }
  }
}

function connectionRefused(): ServerError {
  return new ServerError(
    Status.UNAVAILABLE,
    'connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:8080: connect: connection refused"',
  );
}

/** The part of a store that queries use. */
export type QuerySource = Pick<EnvelopeStore, "visit">;

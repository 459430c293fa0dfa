import { expect } from "vitest";
import { type Flags, Peer } from "./peer.js";

/** The range that all envelopes are in. */
export const start = "1795363065999999999";
export const end = "1795363166000000000";

/** A call of a method of Go's client, see test/interop/peer/logcache.go. Times are nanoseconds. */
export interface Call {
  readonly method: string;
  readonly sourceId?: string;
  readonly start?: string;
  readonly end?: string;
  readonly limit?: number;
  readonly types?: readonly number[];
  readonly descending?: boolean;
  readonly nameFilter?: string;
  readonly query?: string;
  readonly step?: string;
}

/** Go's client of log-cache. */
export class GoLogCacheClient implements AsyncDisposable {
  readonly #peer: Peer;

  constructor(flags: Flags) {
    this.#peer = new Peer("log-cache-client", flags);
  }

  /** Calls a method. The result is protojson, in which int64 are strings. */
  async call<T>(call: Call): Promise<{ result?: T; error?: string }> {
    this.#peer.send(call);
    return this.#peer.next();
  }

  async read(call: Omit<Call, "method">): Promise<Record<string, unknown>[]> {
    const { result, error } = await this.call<{ batch?: Record<string, unknown>[] }>({
      method: "read",
      start,
      end,
      ...call,
    });
    expect(error).toBeUndefined();
    return result?.batch ?? [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#peer[Symbol.asyncDispose]();
  }
}

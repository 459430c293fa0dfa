import { readFileSync } from "node:fs";

/**
 * The answers of a real log-cache (v3.2.12+2) to GET requests, recorded after envelopes were sent
 * to it.
 */
export interface LogCacheVectors {
  /** `EnvelopeBatch`es in hexadecimal, in the order in which they were sent. */
  readonly envelopes: readonly string[];
  /**
   * The answers. The values of `/api/v1/info` differ from run to run. Some builds write a space
   * after `,` and `:`, and others do not.
   */
  readonly answers: readonly {
    readonly path: string;
    readonly status: number;
    readonly contentType: string;
    readonly body: string;
  }[];
}

export const logCacheVectors: LogCacheVectors = JSON.parse(
  readFileSync(new URL("../vectors/log-cache.json", import.meta.url), "utf8"),
);

import { readFileSync } from "node:fs";

/** Recorded from Cloud Foundry's syslog agent, with three drains of the same envelopes. */
export interface DrainVectors {
  /** `EnvelopeBatch`es in hexadecimal. */
  readonly envelopes: readonly string[];
  readonly https: readonly DrainRequest[];
  readonly httpsBatch: readonly DrainRequest[];
  /** The bytes of a connection in Base64. */
  readonly syslogTls: readonly string[];
}

export interface DrainRequest {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** In Base64. */
  readonly body: string;
}

export const drainVectors: DrainVectors = JSON.parse(
  readFileSync(new URL("../vectors/drains.json", import.meta.url), "utf8"),
);

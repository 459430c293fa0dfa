import { createCertificates } from "@loggregator/testing/certificates";
import { IngressClient, type IngressClientOptions } from "../src/index.js";

/** Created once per test file. */
export const certificates = await createCertificates();

/** Options that keep a test's waiting times short. */
export const quick = { flushIntervalMs: 5, retry: { baseDelayMs: 10, maxDelayMs: 50 } };

/** A client without a logger that flushes and retries quickly. */
export function connect(
  address: string,
  options: Partial<IngressClientOptions> = {},
): IngressClient {
  return new IngressClient({
    address,
    tls: certificates.client,
    logger: null,
    ...quick,
    ...options,
  });
}

/** A client like `connect`'s, with acknowledged delivery in small batches. */
export function connectAcknowledged(
  address: string,
  options: Partial<IngressClientOptions> = {},
): IngressClient {
  return connect(address, { delivery: "acknowledged", batchMaxSize: 10, ...options });
}

/** An address at which no server listens. */
export const unusedAddress = "127.0.0.1:1";

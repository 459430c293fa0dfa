import { type Envelope, logEnvelope, selectLog } from "@loggregator/api";
import { frameBatch, Recorder } from "@loggregator/testing";
import { EnvelopeStreamConnector, type EnvelopeStreamConnectorOptions } from "../src/index.js";

/** Requests all logs. */
export const logs = { selectors: [selectLog()] };

/** A batch of one log, as a server writes it. */
export const batch = frameBatch([logEnvelope("x")]);

/** Reads a stream to its end and records the events. */
export class Reading implements AsyncDisposable {
  readonly batches = new Recorder<Envelope[]>();
  readonly failures = new Recorder<{ error: Error; attempt: number; delayMs: number }>();
  /** Resolves to the error that ended it, or to undefined. */
  readonly ended: Promise<unknown>;
  readonly #abort = new AbortController();

  constructor(options: EnvelopeStreamConnectorOptions) {
    const connector = new EnvelopeStreamConnector({
      ...options,
      onRetryableError: (error, attempt, delayMs) => this.failures.add({ error, attempt, delayMs }),
    });
    const read = async () => {
      for await (const batch of connector.stream(logs, { signal: this.#abort.signal })) {
        this.batches.add(batch);
      }
    };
    this.ended = read().catch((error: unknown) => error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }
}

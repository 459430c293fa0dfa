import { DropReporter, dropNotice, guardedCallback, safeLogger } from "@loggregator/core";
import { diagnostics } from "../diagnostics.js";
import type { EnvelopeStreamConnectorOptions } from "../options.js";

/** Counts and reports the envelopes that were overwritten in the buffers of a connector. */
export class DropMonitor {
  readonly #address: string;
  readonly #reporter: DropReporter;
  readonly #onDropped: (count: number) => void;

  /** @throws OptionTypeError if `logger` is not a logger. */
  constructor({ address, buffer, logger }: EnvelopeStreamConnectorOptions) {
    this.#address = address;
    this.#reporter = new DropReporter(
      dropNotice({
        subject: `egress connector ${address}`,
        reason: "the consumer was too slow for its buffer",
        logger: logger === undefined && buffer?.onDropped ? null : logger,
      }),
    );
    this.#onDropped = guardedCallback("buffer.onDropped", buffer?.onDropped, safeLogger(logger));
  }

  /** The number of all dropped envelopes. */
  get total(): number {
    return this.#reporter.total;
  }

  /** Call it when envelopes were overwritten. */
  add(count: number): void {
    this.#reporter.add(count);
    if (diagnostics.drop.hasSubscribers) {
      diagnostics.drop.publish({ address: this.#address, count });
    }
    this.#onDropped(count);
  }
}

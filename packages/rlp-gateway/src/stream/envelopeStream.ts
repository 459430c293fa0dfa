import type { Envelope } from "@loggregator/api";
import { closableIterator, type StopOptions, stopDrains } from "@loggregator/core";
import { BatchReader, type StreamSettings } from "./batchReader.js";

/** A stream of batches of envelopes. */
export interface EnvelopeStream extends AsyncIterable<Envelope[]> {
  [Symbol.asyncIterator](): AsyncIterableIterator<Envelope[], undefined>;
  /**
   * Ends the stream: its request is closed immediately, and its iteration ends without an error.
   * With `drain`, the iteration first yields all received batches.
   *
   * @throws OptionTypeError for an invalid or unknown option.
   */
  stop(options?: StopOptions): void;
}

/** Creates a stream that reads a URL. Each iteration sends a separate request. */
export function openEnvelopeStream(
  url: string,
  settings: StreamSettings,
  signals: readonly (AbortSignal | undefined)[],
): EnvelopeStream {
  const stopped = new AbortController();
  const draining = new AbortController();
  return {
    stop(options = {}) {
      (stopDrains(options) ? draining : stopped).abort();
    },
    [Symbol.asyncIterator]() {
      const reader = new BatchReader(url, settings);
      const batches = reader.read([...signals, stopped.signal], draining.signal);
      return closableIterator(batches, () => reader.stop());
    },
  };
}

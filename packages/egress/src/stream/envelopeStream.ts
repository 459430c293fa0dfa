import type { EgressBatchRequest, Envelope } from "@loggregator/api";
import { closableIterator, type StopOptions, stopDrains } from "@loggregator/core";
import { BatchReader, type StreamSettings } from "./batchReader.js";

/** Batches of envelopes, for `for await`. Leaving the loop, or disposing, closes the stream. */
export interface EnvelopeStream extends AsyncIterableIterator<Envelope[]>, AsyncDisposable {
  /**
   * Closes the stream: the iteration ends immediately. With `drain`, only the call ends, and the
   * iteration continues until all received batches are read.
   *
   * @throws OptionTypeError for an invalid or unknown option.
   */
  stop(options?: StopOptions): void;
}

/** Creates a stream, which is opened on the first read. The signals stop it. */
export function openEnvelopeStream(
  request: EgressBatchRequest,
  settings: StreamSettings,
  signals: readonly (AbortSignal | undefined)[],
): EnvelopeStream {
  const reader = new BatchReader(settings);
  const batches = closableIterator(reader.read(request, signals), () => reader.stop());
  return {
    ...batches,
    stop(options = {}) {
      if (stopDrains(options)) {
        reader.drain();
      } else {
        reader.stop();
      }
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await batches.return?.();
    },
  };
}

import type { Envelope } from "@loggregator/api";
import { checkOptionNames, optionalFunction, positiveInteger } from "@loggregator/core";
import { OneToOneEnvelopeBatch, Waiter } from "@loggregator/diodes";

/**
 * A buffer for a consumer that is occasionally slow: a diode, which overwrites the oldest batches
 * when it is full.
 */
export interface StreamBuffer {
  /**
   * The capacity in batches. Raise it to bridge longer pauses of the consumer, at the cost of
   * memory.
   */
  readonly size: number;
  /**
   * Called with the number of envelopes that were overwritten, when the consumer reads past the
   * gap.
   *
   * @default none
   */
  readonly onDropped?: ((count: number) => unknown) | undefined;
}

/**
 * Reads responses into a diode at the server's pace, and yields them from there. Ends after the
 * last response. To end earlier, end the responses.
 *
 * @param buffer.onBatch Called with each batch as it is read.
 */
export async function* buffered(
  responses: AsyncIterable<{ readonly batch: Envelope[] }>,
  { size, onDropped, onBatch }: StreamBuffer & { readonly onBatch?: (batch: Envelope[]) => void },
): AsyncGenerator<{ readonly batch: Envelope[] }, undefined> {
  const diode = new OneToOneEnvelopeBatch(size, onDropped);
  const ended = new AbortController();
  const reading = (async () => {
    try {
      for await (const { batch } of responses) {
        onBatch?.(batch);
        diode.set(batch);
      }
    } finally {
      ended.abort();
    }
  })();
  // Awaited below. Until then, a rejection must not count as unhandled.
  reading.catch(() => {});
  const waiter = new Waiter(diode, { signal: ended.signal });
  for (let batch = await waiter.next(); batch; batch = await waiter.next()) {
    yield { batch };
  }
  await reading;
}

/** @throws OptionTypeError, OptionRangeError for an invalid buffer. */
export function checkBuffer(buffer: StreamBuffer): void {
  checkOptionNames<StreamBuffer>("buffer", buffer, { size: true, onDropped: true });
  positiveInteger("buffer.size", buffer.size);
  optionalFunction("buffer.onDropped", buffer.onDropped);
}

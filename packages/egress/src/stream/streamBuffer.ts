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
   * Called with the number of overwritten envelopes, when the consumer reads the next batch after
   * the gap.
   *
   * @default none
   */
  readonly onDropped?: ((count: number) => unknown) | undefined;
}

/**
 * Reads responses into a diode as fast as they arrive, and yields them from there. Ends after the
 * last response. To end earlier, end the source.
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
  // Awaited below. Until then, a rejection would count as unhandled.
  reading.catch(() => {});
  const waiter = new Waiter(diode, { signal: ended.signal });
  for (let batch = await waiter.next(); batch; batch = await waiter.next()) {
    yield { batch };
  }
  await reading;
}

/**
 * Checks the option `buffer`.
 *
 * @throws OptionTypeError, OptionRangeError if it is invalid.
 */
export function checkBuffer(buffer: StreamBuffer): void {
  checkOptionNames<StreamBuffer>("buffer", buffer, { size: true, onDropped: true });
  positiveInteger("buffer.size", buffer.size);
  optionalFunction("buffer.onDropped", buffer.onDropped);
}

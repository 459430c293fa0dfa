import type { Envelope } from "@loggregator/api";
import { objectArgument, optionalFunction, positiveInteger } from "@loggregator/core";
import { OneToOneEnvelopeBatch, Waiter } from "@loggregator/diodes";

/** A buffer in front of a consumer that is slow at times: a diode, which drops what is old when it is full. */
export interface StreamBuffer {
  /** How many batches it holds. */
  readonly size: number;
  /** Called with the number of envelopes that were dropped, when the consumer reads behind the gap. */
  readonly onDropped?: ((missed: number) => void) | undefined;
}

/**
 * Reads on into a diode, whatever the consumer does, and yields from there. Ends when the responses
 * do, after what is left in the diode: whoever leaves earlier has to end the responses himself.
 *
 * @param buffer.onBatch Told of each batch as it is read.
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
  // It is awaited below; until then a failure is not an unhandled one.
  reading.catch(() => {});
  const waiter = new Waiter(diode, { signal: ended.signal });
  for (let batch = await waiter.next(); batch; batch = await waiter.next()) yield { batch };
  await reading;
}

/** @throws TypeError, RangeError for a buffer that can't be. */
export function checkBuffer(buffer: StreamBuffer): void {
  objectArgument("buffer", buffer);
  positiveInteger("buffer.size", buffer.size);
  optionalFunction("buffer.onDropped", buffer.onDropped);
}

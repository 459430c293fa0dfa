import type {
  EgressBatchRequest,
  EgressDefinition,
  Envelope,
  EnvelopeBatch,
} from "@loggregator/api";
import { onAbort, type RetryOptions } from "@loggregator/core";
import type { Connection } from "@loggregator/grpc";
import { type Client, ClientError } from "nice-grpc";
import { EgressError } from "../errors.js";
import type { ReconnectOptions } from "../reconnectMiddleware.js";
import { buffered } from "./streamBuffer.js";
import type { StreamMonitor } from "./streamMonitor.js";

/** The parts of a connector that its streams share. */
export interface StreamSettings {
  readonly address: string;
  readonly connection: Connection;
  readonly client: Client<EgressDefinition, ReconnectOptions>;
  readonly retry: RetryOptions | undefined;
  /** The capacity of a stream's buffer in batches. Undefined: reading waits for the consumer. */
  readonly bufferSize: number | undefined;
  readonly monitor: StreamMonitor;
}

/** Reads the batches of one stream. */
export class BatchReader {
  readonly #settings: StreamSettings;
  readonly #stopped = new AbortController();
  readonly #draining = new AbortController();

  constructor(settings: StreamSettings) {
    this.#settings = settings;
  }

  /** Ends the call and the iteration; received batches that were not returned are dropped. */
  stop(): void {
    this.#stopped.abort();
  }

  /** Ends the call; the iteration ends after all received batches. */
  drain(): void {
    this.#draining.abort();
  }

  /** Yields batches in order. The signals stop it. */
  async *read(
    request: EgressBatchRequest,
    stop: readonly (AbortSignal | undefined)[],
  ): AsyncGenerator<Envelope[], undefined, undefined> {
    const { address, connection, client, retry, bufferSize, monitor } = this.#settings;
    const { signal } = this.#stopped;
    const drainSignal = this.#draining.signal;
    if ([...stop, signal, drainSignal].some((ended) => ended?.aborted)) {
      return;
    }
    const unlink = stop.map((other) => onAbort(other, () => this.stop()));
    // The abort itself releases the connection, as the consumer may take long to call again.
    signal.addEventListener("abort", connection.acquire(), { once: true });
    monitor.opened();
    try {
      const responses = client.batchedReceiver(request, {
        signal,
        drainSignal,
        retry,
        onRetryableError: (error, attempt, delayMs) => monitor.failed(error, attempt, delayMs),
      });
      for await (const { batch } of this.#buffered(responses)) {
        if (signal.aborted) {
          return;
        }
        if (bufferSize === undefined) {
          monitor.received(batch);
        }
        yield batch;
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (!(error instanceof ClientError)) {
        throw error;
      }
      throw new EgressError(error, address);
    } finally {
      for (const remove of unlink) {
        remove();
      }
      monitor.ended();
      this.stop();
    }
  }

  #buffered(responses: AsyncIterable<EnvelopeBatch>): AsyncIterable<EnvelopeBatch> {
    const { bufferSize, monitor } = this.#settings;
    if (bufferSize === undefined) {
      return responses;
    }
    return buffered(responses, {
      size: bufferSize,
      onBatch: (batch) => monitor.received(batch),
      onDropped: (count) => monitor.drops.add(count),
    });
  }
}

import { linkedAbortController } from "@loggregator/core";
import type { ConnectionCallOptions } from "@loggregator/grpc";
import { type Client, createClientFactory } from "nice-grpc";
import { type RetryOptions, retryMiddleware } from "nice-grpc-client-middleware-retry";
import type { Batch } from "../queue/batch.js";
import { sendCall } from "./ingressCalls.js";
import { pause } from "./outage/pause.js";
import { BatchRejectedError, retryableStatuses, sortFailures } from "./outage/sortFailures.js";
import type { Sender, SenderContext } from "./sender.js";
import { stallTimeout } from "./stallTimeout.js";

/** The maximum size of a group of batches in one call, in bytes. A larger batch is sent alone. */
const maxGroupBytes = 1024 * 1024;

/** A placeholder: nice-grpc would copy the bytes of a batch if they were passed as the request. */
const noRequest = { bytes: new Uint8Array() };

/**
 * Sends batches with unary `Send` calls, one at a time: everything due when a call ends is sent in
 * the next one, so that the throughput does not depend on the server's latency.
 *
 * A call is repeated until the server acknowledges it. If an acknowledgement is lost, the server
 * receives the envelopes of that call twice.
 */
export class AcknowledgedSender implements Sender {
  readonly #context: SenderContext;
  readonly #client: Client<typeof sendCall, RetryOptions & ConnectionCallOptions>;
  /** The maximum number of envelopes per call. It is reduced if the server rejects a batch. */
  #maxCount = Number.POSITIVE_INFINITY;

  constructor(context: SenderContext) {
    this.#context = context;
    const { connection, address, stallTimeoutMs } = context;
    // The last middleware is called first, so that each attempt waits for the connection.
    this.#client = createClientFactory()
      .use(sortFailures)
      .use(stallTimeout(address, stallTimeoutMs, () => connection.destroy()))
      .use(connection.middleware)
      .use(retryMiddleware)
      .create(sendCall, connection.channel);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { queue, pool, pacer, maxBatchBytes } = this.#context;
    while (await queue.whenDue(signal)) {
      const delayMs = pacer.delayMs();
      if (delayMs > 0) {
        await pause(queue, delayMs, signal);
        continue;
      }
      const maxBytes = Math.min(maxGroupBytes, maxBatchBytes);
      const batch = queue.takeGroup(maxBytes, Math.min(this.#maxCount, pacer.maxCount), pool);
      if (batch !== undefined) {
        await this.#deliver(batch, signal);
      }
    }
  }

  /** Sends a batch until it is acknowledged, rejected, or put back. */
  async #deliver(batch: Batch, signal: AbortSignal): Promise<void> {
    const { queue, pool, pacer, backoff, monitor } = this.#context;
    const attempts = linkedAbortController(signal);
    try {
      await this.#client.send(noRequest, {
        signal: attempts.signal,
        messages: { take: () => [batch.bytes], sent: () => {} },
        retry: true,
        retryBaseDelayMs: backoff.settings.baseDelayMs,
        retryMaxDelayMs: backoff.settings.maxDelayMs,
        retryMaxAttempts: backoff.settings.maxAttempts,
        retryableStatuses,
        onRetryableError: async (error, attempt, delayMs) => {
          pacer.begin();
          monitor.failed(error, attempt + 1, delayMs);
          // A group as large as before the outage would exceed the backlog rate.
          queue.putBackAllBut(Math.min(batch.count, pacer.maxCount));
          if (await pause(queue, delayMs, attempts.signal)) {
            attempts.abort();
          }
        },
      });
      queue.acknowledge();
      this.#maxCount *= 2;
      pacer.sent(batch.count);
      pool.release(batch.bytes);
      monitor.recovered();
    } catch (error) {
      if (error instanceof BatchRejectedError) {
        this.#rejected(batch, error);
        return;
      }
      queue.putBack();
      if (signal.aborted || !attempts.signal.aborted) {
        throw error;
      }
    } finally {
      attempts.abort();
    }
  }

  /**
   * Splits a batch that the server rejects into smaller ones, or drops it if it is a single
   * envelope.
   */
  #rejected({ count }: Batch, error: BatchRejectedError): void {
    const { queue, monitor } = this.#context;
    if (count > 1) {
      this.#maxCount = Math.floor(count / 2);
      queue.putBack();
    } else {
      queue.reject();
      monitor.rejected(error);
    }
  }
}

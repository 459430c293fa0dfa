import { createClientFactory, Status } from "nice-grpc";
import { retryMiddleware } from "nice-grpc-client-middleware-retry";
import { closedWithin } from "./closedWithin.js";
import { eitherSignal } from "./eitherSignal.js";
import { sendCall } from "./ingressCalls.js";
import { stallTimeout } from "./stallTimeout.js";
import type { SenderContext } from "./streamSender.js";

/** Every status but those that say the request itself is wrong, or nobody is there to take it. */
const retryableStatuses = [
  Status.CANCELLED,
  Status.UNKNOWN,
  Status.DEADLINE_EXCEEDED,
  Status.RESOURCE_EXHAUSTED,
  Status.FAILED_PRECONDITION,
  Status.ABORTED,
  Status.INTERNAL,
  Status.UNAVAILABLE,
  Status.DATA_LOSS,
];

/**
 * Sends what is due with unary `Send` calls, one after the other, each until the server has it,
 * until the queue is closed and empty or the signal aborts. A call whose answer was lost is made
 * again: the server may see a batch twice, never none.
 *
 * @throws ClientError for a status that no retry can mend; its batch is first in the queue again.
 */
export async function runAcknowledgedSender(
  { queue, connection, address, backoff, stallTimeoutMs, onFailure }: SenderContext,
  signal: AbortSignal,
): Promise<void> {
  // What is used last comes first: each retry asks for the connection anew.
  const client = createClientFactory()
    .use(stallTimeout(address, stallTimeoutMs, () => connection.destroy()))
    .use(connection.middleware)
    .use(retryMiddleware)
    .create(sendCall, connection.channel);

  while (await queue.untilDue(signal)) {
    const batch = queue.take();
    if (batch === undefined) continue;
    const attempts = eitherSignal(signal);
    try {
      await client.send(batch.bytes, {
        signal: attempts.signal,
        retryBaseDelayMs: backoff.settings.baseDelayMs,
        retryMaxDelayMs: backoff.settings.maxDelayMs,
        retry: true,
        retryMaxAttempts: Number.POSITIVE_INFINITY,
        retryableStatuses,
        onRetryableError: async (error, _attempt, delayMs) => {
          onFailure(error, delayMs);
          // What is left when the client closes has not much time: it goes out now.
          const waits = !queue.closed;
          if (waits && (await closedWithin(queue, delayMs, attempts.signal))) attempts.abort();
        },
      });
      queue.acknowledge(batch);
    } catch (error) {
      queue.putBack(batch);
      if (signal.aborted || !attempts.signal.aborted) throw error;
    } finally {
      attempts.abort();
    }
  }
}

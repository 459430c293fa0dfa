import { linkedAbortController, StallTimer } from "@loggregator/core";
import type { ConnectionCallOptions, OpenConnection } from "@loggregator/grpc";
import { type Client, ClientError, createClientFactory, Status } from "nice-grpc";
import { StallError } from "../errors.js";
import { BatchStream } from "./batchStream.js";
import { batchSenderCall } from "./ingressCalls.js";
import { pause } from "./outage/pause.js";
import type { Sender, SenderContext } from "./sender.js";

/**
 * The lifetime of a stream, in milliseconds, after which it counts as a success and resets the
 * backoff.
 */
const settledMs = 1_000;

/**
 * Sends batches on a `BatchSender` stream, and opens another one when it breaks.
 *
 * The stream has no acknowledgements: batches that were written to the socket before the connection
 * broke may be lost. Batches that were not written completely cannot have been read by the server,
 * and are sent first on the next stream.
 */
export class StreamSender implements Sender {
  readonly #context: SenderContext;
  readonly #client: Client<typeof batchSenderCall, ConnectionCallOptions>;

  constructor(context: SenderContext) {
    this.#context = context;
    const { connection } = context;
    this.#client = createClientFactory()
      .use(connection.middleware)
      .create(batchSenderCall, connection.channel);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { queue, connection } = this.#context;
    while (await queue.whenDue(signal)) {
      try {
        await this.#send(await connection.ready(signal), signal);
        if (queue.finished) {
          return this.#settled();
        }
        throw new ClientError(path, Status.UNAVAILABLE, "the server ended the stream");
      } catch (error) {
        if (signal.aborted || queue.finished) {
          throw error;
        }
        await this.#beforeRetry(error as Error, signal);
      }
    }
  }

  /**
   * Sends until the queue is finished or the connection drains; then waits for the server's status.
   */
  async #send(connection: OpenConnection, signal: AbortSignal): Promise<void> {
    const { address, stallTimeoutMs } = this.#context;
    const call = linkedAbortController(signal);
    const sending = linkedAbortController(call.signal, connection.draining);
    const stream = new BatchStream(this.#context, () => {
      call.abort(new StallError(path, address, stallTimeoutMs));
      connection.destroy();
    });
    const settled = new StallTimer(settledMs, () => this.#settled());
    settled.start();
    try {
      await this.#client.batchSender(stream.requests(sending.signal), {
        signal: call.signal,
        messages: stream,
      });
    } catch (error) {
      if (!isNormalEnd(error)) {
        throw error;
      }
    } finally {
      settled.stop();
      stream.end();
      sending.abort();
      call.abort();
    }
  }

  #settled(): void {
    this.#context.backoff.reset();
    this.#context.monitor.recovered();
  }

  /** Reports the failure and waits before the retry. Throws the error if no retry is left. */
  async #beforeRetry(error: Error, signal: AbortSignal): Promise<void> {
    const { backoff, monitor, pacer, queue } = this.#context;
    if (backoff.exhausted) {
      throw error;
    }
    const delayMs = backoff.next();
    pacer.begin();
    monitor.failed(error, backoff.failures, delayMs);
    await pause(queue, delayMs, signal);
  }
}

const { path } = batchSenderCall.batchSender;

/** Real servers end a half-closed stream with UNKNOWN and "EOF". */
function isNormalEnd(error: unknown): boolean {
  return error instanceof ClientError && error.code === Status.UNKNOWN && error.details === "EOF";
}

import { linkedAbortController, StallTimer } from "@loggregator/core";
import type { ConnectionCallOptions, OpenConnection } from "@loggregator/grpc";
import { type Client, ClientError, createClientFactory, Status } from "nice-grpc";
import { StallError } from "../errors.js";
import { BatchStream } from "./batchStream.js";
import { batchSenderCall } from "./ingressCalls.js";
import { pause } from "./pause.js";
import type { Sender, SenderContext } from "./sender.js";

/** A stream that lived this long, in milliseconds, was a success: the next failure is a first one. */
const settledMs = 1_000;

/**
 * Sends batches on a `BatchSender` stream, and on a new one when that breaks.
 *
 * The stream has no acknowledgements: what the socket took before the connection broke may be lost.
 * Batches that it did not take completely are sent first on the next stream: no server has read them.
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
        await this.#retryDelay(error as Error, signal);
      }
    }
  }

  /** Sends until the queue is finished or the connection drains, and waits for the server's end. */
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

  /** @throws the error if it is not to be retried. */
  async #retryDelay(error: Error, signal: AbortSignal): Promise<void> {
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

/** Real servers end a stream that was half-closed with UNKNOWN and "EOF". */
function isNormalEnd(error: unknown): boolean {
  return error instanceof ClientError && error.code === Status.UNKNOWN && error.details === "EOF";
}

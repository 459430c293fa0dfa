import {
  type ConnectionStatus,
  type OutageReporter,
  StallTimer,
  type StatusFeed,
} from "@loggregator/core";
import type { Connection } from "@loggregator/grpc";
import { IngressError } from "../errors.js";
import type { BatchQueue } from "../queue/batchQueue.js";
import type { BatchWriter } from "../queue/batchWriter.js";
import type { BacklogPacer } from "./outage/backlogPacer.js";
import { explain } from "./outage/explain.js";
import type { OutageMonitor } from "./outage/outageMonitor.js";
import type { Sender } from "./sender.js";

export interface DeliveryOptions {
  readonly writer: BatchWriter;
  readonly queue: BatchQueue;
  readonly sender: Sender;
  readonly pacer: BacklogPacer;
  readonly connection: Connection;
  readonly monitor: OutageMonitor;
  readonly reporter: OutageReporter;
  readonly status: StatusFeed<ConnectionStatus>;
  readonly closeTimeoutMs: number;
}

/** Runs a sender from the first envelope until the client has closed, aborted or failed. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #abort = new AbortController();
  /** Resolves when the sender has ended. */
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** The reason why the client ended, if it failed. */
  #failure: IngressError | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Aborts when the client has ended. */
  get ended(): AbortSignal {
    return this.#abort.signal;
  }

  get failure(): IngressError | undefined {
    return this.#failure;
  }

  /** Starts sending, unless it has already started. */
  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Waits until everything is sent and the stream and `others` have ended, then ends the client.
   * Further calls return the same promise.
   *
   * @throws IngressError if this takes longer than `closeTimeoutMs`, or the client failed.
   */
  close(others: () => Promise<unknown>): Promise<void> {
    this.#closing ??= this.#close(others);
    return this.#closing;
  }

  /** Ends everything immediately, because the client's signal has aborted. */
  abort(cause: unknown): void {
    if (this.#closing !== undefined) {
      this.#failure ??= new IngressError("the signal aborted before everything was sent", {
        cause,
      });
    }
    this.#end();
  }

  async #close(others: () => Promise<unknown>): Promise<void> {
    const { writer, queue, pacer, closeTimeoutMs } = this.#options;
    writer.seal();
    queue.close();
    pacer.closeWithin(closeTimeoutMs);
    const timeout = new StallTimer(closeTimeoutMs, () => {
      this.#failure ??= this.#timeoutError();
      this.#end();
    });
    timeout.start();
    await Promise.allSettled([this.#running, others()]);
    timeout.stop();
    this.#end();
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  async #run(): Promise<void> {
    const { connection, sender, reporter } = this.#options;
    const release = connection.acquire();
    try {
      await sender.run(this.#abort.signal);
    } catch (cause) {
      if (!this.#abort.signal.aborted) {
        this.#failure = new IngressError(explain(cause, 'use delivery "stream"'), { cause });
        if (this.#closing === undefined) {
          reporter.ended(this.#failure);
        }
      }
    } finally {
      release();
      // A client that is closing may be waiting for events as well.
      if (this.#closing === undefined) {
        this.#end();
      }
    }
  }

  /** Ends everything immediately. Queued envelopes are dropped. */
  #end(): void {
    const { writer, queue, status } = this.#options;
    this.#abort.abort();
    writer.close();
    queue.discard();
    status.push({ type: "closed", ...(this.#failure && { error: this.#failure }) });
  }

  #timeoutError(): IngressError {
    const { queue, monitor, closeTimeoutMs } = this.#options;
    const { queued } = queue;
    const cause = monitor.lastError;
    const state =
      queued > 0
        ? `${queued} ${queued === 1 ? "envelope was" : "envelopes were"} still queued`
        : "all envelopes were sent, but the server did not end the stream";
    return new IngressError(
      `close() timed out after ${closeTimeoutMs} ms: ${state}${cause ? ` (last error: ${cause.message})` : ""}`,
      cause && { cause },
    );
  }
}

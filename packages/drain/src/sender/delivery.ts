import {
  Backoff,
  type ConnectionStatus,
  delay,
  type Logger,
  linkedTimeout,
  type OutageReporter,
  StallTimer,
  type StatusFeed,
} from "@loggregator/core";
import type { EnvelopeQueue } from "./envelopeQueue.js";
import { DrainCloseError, type DrainSendError } from "./errors.js";
import type { DrainSenderSettings } from "./options.js";
import type { Transport } from "./transport.js";

export interface DeliveryOptions {
  readonly queue: EnvelopeQueue;
  readonly settings: DrainSenderSettings;
  readonly reporter: OutageReporter;
  readonly logger: Logger;
  readonly status: StatusFeed<ConnectionStatus>;
  readonly onRetryableError: (error: DrainSendError, attempt: number, delayMs: number) => void;
}

/**
 * Sends the queue from the first envelope until the sender has closed or its signal has aborted.
 */
export class Delivery {
  reconnects = 0;
  readonly #options: DeliveryOptions;
  readonly #abort = new AbortController();
  readonly #backoff: Backoff;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #lastError: DrainSendError | undefined;
  /** The number of pending flushes: meanwhile, batches are sent without waiting to fill. */
  #flushes = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.settings.retry);
  }

  /** Aborts when the sender has ended. */
  get ended(): AbortSignal {
    return this.#abort.signal;
  }

  /** Starts sending, unless it has already started. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves to true once all currently queued envelopes were sent or dropped. */
  async flush(signal: AbortSignal): Promise<boolean> {
    this.#flushes++;
    try {
      const flushed = this.#options.queue.whenFlushed(signal);
      this.#options.queue.wake();
      return await flushed;
    } finally {
      this.#flushes--;
    }
  }

  /** @throws DrainCloseError if not everything could be sent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends the sender immediately. Queued envelopes are dropped. */
  end(): void {
    const { queue, status } = this.#options;
    queue.discard();
    this.#abort.abort();
    status.push({ type: "closed" });
  }

  async #close(): Promise<void> {
    const { queue, settings } = this.#options;
    const { closeTimeoutMs } = settings;
    queue.close();
    let failure: DrainCloseError | undefined;
    const timeout = new StallTimer(closeTimeoutMs, () => {
      const { size } = queue;
      const cause = this.#lastError;
      const left = `${size} ${size === 1 ? "envelope was" : "envelopes were"} still queued`;
      failure = new DrainCloseError(
        `close() timed out after ${closeTimeoutMs} ms: ${left}${cause ? ` (last error: ${cause.message})` : ""}`,
        cause && { cause },
      );
      this.end();
    });
    timeout.start();
    await this.#running;
    timeout.stop();
    this.end();
    if (failure !== undefined) {
      throw failure;
    }
  }

  async #run(): Promise<void> {
    const { queue } = this.#options;
    const signal = this.#abort.signal;
    const transport = await this.#openTransport();
    try {
      while (await queue.until(() => queue.isDue || queue.closed, signal)) {
        if (!queue.isDue) {
          break;
        }
        await this.#fillBatch(transport);
        await this.#deliver(transport);
      }
      await transport.end();
    } finally {
      transport.destroy();
    }
  }

  /** Loads the transport with the first envelope, as it needs Node.js. */
  async #openTransport(): Promise<Transport> {
    const { settings, status } = this.#options;
    const options = { ...settings, onStatus: status.push };
    if (settings.target.transport === "http") {
      const { HttpTransport } = await import("./httpTransport.js");
      return new HttpTransport(options);
    }
    const { SyslogTransport } = await import("./syslogTransport.js");
    return new SyslogTransport(options);
  }

  /** Waits until a batch is full, old enough, or needed. */
  async #fillBatch({ maxBytes }: Transport): Promise<void> {
    const { queue, settings } = this.#options;
    if (settings.target.transport !== "http" || !settings.target.batch) {
      return;
    }
    const wait = linkedTimeout(settings.flushIntervalMs, () => undefined, this.#abort.signal);
    const isDue = () => queue.bytes >= maxBytes || queue.closed || this.#flushes > 0;
    await queue.until(isDue, wait.signal);
    wait.abort();
  }

  /** Sends the oldest envelopes, with retries until they were sent or the attempts are used up. */
  async #deliver(transport: Transport): Promise<void> {
    const { queue, reporter } = this.#options;
    const signal = this.#abort.signal;
    while (!signal.aborted) {
      const envelopes = queue.take(transport.maxBytes);
      if (envelopes.length === 0) {
        return;
      }
      try {
        await transport.send(envelopes, (count) => queue.acknowledge(count), signal);
        this.#lastError = undefined;
        this.#backoff.reset();
        reporter.recovered();
        return;
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        await this.#failed(error as DrainSendError);
      }
    }
  }

  async #failed(error: DrainSendError): Promise<void> {
    const { queue, reporter, logger, status, onRetryableError } = this.#options;
    this.#lastError = error;
    if (this.#backoff.exhausted) {
      const attempts = this.#backoff.failures + 1;
      this.#backoff.reset();
      const count = queue.reject();
      logger.warn(
        `${error.message}; dropped ${count} ${count === 1 ? "envelope" : "envelopes"} after ${attempts} attempts`,
      );
      return;
    }
    const delayMs = this.#backoff.next();
    this.reconnects++;
    status.push({ type: "retrying", error, delayMs });
    reporter.failed(error, delayMs);
    onRetryableError(error, this.#backoff.failures, delayMs);
    await this.#pause(delayMs);
  }

  /** Waits for the delay, at most until the sender is closing: its time is limited then. */
  async #pause(delayMs: number): Promise<void> {
    const { queue } = this.#options;
    const signal = this.#abort.signal;
    if (queue.closed) {
      await delay(signal, delayMs).catch(() => {});
      return;
    }
    const wait = linkedTimeout(delayMs, () => undefined, signal);
    await queue.until(() => queue.closed, wait.signal);
    wait.abort();
  }
}

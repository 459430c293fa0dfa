import type { Socket } from "node:dgram";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Backoff, formatHostPort, type HostPort, type RetrySettings } from "@loggregator/core";
import type { DatagramQueue } from "./datagramQueue.js";
import { AddressLookupError, DatagramSendError, OversizedDatagramError } from "./errors.js";
import { openSocket } from "./openSocket.js";
import { sendBatch } from "./sendBatch.js";

/**
 * The maximum number of datagrams sent per turn of the event loop. It is low enough not to delay
 * other work, and not above the number that Node.js reads per turn, so that a listener in the same
 * process can keep up.
 */
const batchSize = 32;
/** The time without a failure after which an outage is over, in milliseconds. */
const recoveryMs = 1_000;

/** Settings of a `DatagramSender`. */
export interface SenderSettings {
  readonly address: HostPort;
  readonly connectTimeoutMs: number;
  readonly retry: RetrySettings;
}

/** Callbacks of a `DatagramSender`. They must not throw. */
export interface SenderEvents {
  onConnecting(): void;
  onOpen(): void;
  onDropped(count: number): void;
  /** Called when a datagram was too large. */
  onOversized(error: OversizedDatagramError): void;
  /** Called when a lookup or a send failed and is retried after `delayMs` milliseconds. */
  onFailure(error: Error, attempt: number, delayMs: number): void;
  onRecovered(): void;
  /** Called when a lookup or a send failed and is not retried. */
  onGivenUp(error: Error): void;
}

/**
 * Sends the datagrams of a queue in batches, over a socket that it opens on demand. After a failure
 * it waits, while the queue fills, and opens another one.
 */
export class DatagramSender {
  readonly #queue: DatagramQueue;
  readonly #settings: SenderSettings;
  readonly #events: SenderEvents;
  readonly #backoff: Backoff;
  readonly #ended = new AbortController();
  #socket: Socket | undefined;
  #running: Promise<void> | undefined;
  #sent = 0;
  #inFlight = 0;
  #retryAt = Number.NEGATIVE_INFINITY;
  #endDelay = () => {};
  #recovery: NodeJS.Timeout | undefined;
  /** The number of failures since `drain` was called. Undefined before. */
  #drainFailures: number | undefined;

  constructor(queue: DatagramQueue, settings: SenderSettings, events: SenderEvents) {
    this.#queue = queue;
    this.#settings = settings;
    this.#events = events;
    this.#backoff = new Backoff(settings.retry);
  }

  /** The number of datagrams that the system has accepted. */
  get sent(): number {
    return this.#sent;
  }

  /** The number of datagrams that the system has neither accepted nor refused yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Starts sending the queue, unless it is being sent. */
  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Resolves once the queue is empty. From now on, the first failure is retried without a delay,
   * and after the second one the rest of the queue is dropped.
   */
  async drain(): Promise<void> {
    this.#drainFailures ??= 0;
    this.#endDelay();
    await this.#running;
  }

  /** Stops sending and closes the socket. */
  end(): void {
    this.#ended.abort();
    this.#endDelay();
    this.#closeSocket();
  }

  async #run(): Promise<void> {
    // Envelopes that are emitted in this turn are sent together.
    for (await nextTurn(); this.#hasWork; await nextTurn()) {
      await this.#delay();
      if (!this.#hasWork) {
        break;
      }
      const socket = this.#socket ?? (await this.#open());
      if (socket !== undefined) {
        await this.#sendBatch(socket);
      }
    }
    this.#running = undefined;
  }

  get #hasWork(): boolean {
    return !this.#ended.signal.aborted && this.#queue.size > 0;
  }

  /** Waits until the next attempt is due. */
  async #delay(): Promise<void> {
    const delayMs = this.#retryAt - performance.now();
    if (delayMs <= 0 || this.#drainFailures !== undefined) {
      return;
    }
    await new Promise<void>((resolve) => {
      // The timer is unref'ed, so that a process without other work does not wait for an agent that
      // is down.
      const timer = setTimeout(resolve, delayMs).unref();
      this.#endDelay = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #open(): Promise<Socket | undefined> {
    this.#events.onConnecting();
    try {
      const socket = await openSocket(this.#settings.address, {
        timeoutMs: this.#settings.connectTimeoutMs,
        signal: this.#ended.signal,
        failures: this.#backoff.failures,
      });
      if (this.#ended.signal.aborted) {
        socket.close();
        return undefined;
      }
      this.#socket = socket;
      // The system may report that no process listens only after it has accepted a datagram.
      socket.on("error", (error) => this.#failed(socket, error));
      this.#events.onOpen();
      return socket;
    } catch (error) {
      this.#failed(undefined, error as Error);
      return undefined;
    }
  }

  /** Sends a batch. Datagrams that the system refuses are queued again. */
  async #sendBatch(socket: Socket): Promise<void> {
    const batch = this.#queue.take(batchSize);
    this.#inFlight = batch.length;
    const { sent, unanswered, oversized, refused, failure } = await sendBatch(socket, batch);
    this.#inFlight = 0;
    this.#sent += sent;
    for (const datagram of refused.toReversed()) {
      this.#queue.putBack(datagram);
    }
    this.#events.onDropped(unanswered + oversized.length);
    for (const { bytes, cause } of oversized) {
      this.#events.onOversized(new OversizedDatagramError(bytes, { cause }));
    }
    if (this.#ended.signal.aborted) {
      this.#events.onDropped(this.#queue.clear());
      return;
    }
    if (failure !== undefined) {
      this.#failed(socket, failure);
    } else if (this.#backoff.failures > 0) {
      this.#recovery ??= this.#startRecovery();
    }
  }

  #startRecovery(): NodeJS.Timeout {
    const timer = setTimeout(() => {
      // After a blocked event loop, sockets are read after timers and before immediates.
      setImmediate(() => {
        if (this.#recovery !== timer) {
          return;
        }
        this.#recovery = undefined;
        this.#backoff.reset();
        this.#events.onRecovered();
      });
    }, recoveryMs).unref();
    return timer;
  }

  #stopRecovery(): void {
    clearTimeout(this.#recovery);
    this.#recovery = undefined;
  }

  #failed(socket: Socket | undefined, cause: Error): void {
    // The failure of a replaced socket has already been reported.
    if (this.#ended.signal.aborted || socket !== this.#socket) {
      return;
    }
    this.#closeSocket();
    const error = sendError(cause, this.#settings.address);
    const isLast =
      this.#drainFailures === undefined ? this.#backoff.exhausted : this.#drainFailures > 0;
    if (isLast) {
      this.#events.onDropped(this.#queue.clear());
      this.#events.onGivenUp(error);
      return;
    }
    let delayMs = this.#backoff.next();
    if (this.#drainFailures !== undefined) {
      this.#drainFailures++;
      delayMs = 0;
    }
    this.#retryAt = performance.now() + delayMs;
    this.#events.onFailure(error, this.#backoff.failures, delayMs);
  }

  #closeSocket(): void {
    this.#stopRecovery();
    const socket = this.#socket;
    this.#socket = undefined;
    // In the next turn, the system has reported the results of the last datagrams.
    if (socket !== undefined) {
      setImmediate(() => socket.close());
    }
  }
}

function sendError(cause: Error, address: HostPort): Error {
  if (cause instanceof AddressLookupError) {
    return cause;
  }
  const { code } = cause as NodeJS.ErrnoException;
  const why =
    code === "ECONNREFUSED"
      ? "connection refused. Is the agent running and listening on this UDP port?"
      : cause.message;
  return new DatagramSendError(`cannot send to ${formatHostPort(address)}: ${why}`, { cause });
}

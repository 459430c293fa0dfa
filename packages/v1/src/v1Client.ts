import { channel } from "node:diagnostics_channel";
import type {
  CounterOptions,
  Emitter,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
} from "@loggregator/api";
import { EventWriter } from "@loggregator/api/v1";
import { parseAddress } from "./address.js";
import { optionalFunction, optionalSignal, positiveMs, wholeNumber } from "./arguments.js";
import { DatagramQueue } from "./datagramQueue.js";
import { DatagramSender } from "./datagramSender.js";
import { maxDatagramBytes, OversizedDatagramError } from "./errors.js";
import { type Logger, safeLogger } from "./logger.js";
import type { V1ClientOptions, V1Stats } from "./options.js";

/** A channel of `node:diagnostics_channel`: envelopes were dropped, `{ address, count }`, as `onDropped` is told. */
const dropChannel = channel("loggregator:v1:drop");

/**
 * Sends dropsonde envelopes to an agent over UDP, one a datagram.
 *
 * `emit…` put an envelope into a bounded queue and return; from the next turn of the event loop on
 * the client sends what waits. It looks the address up with the first envelope, and again after
 * failures. End it with `close()`, or `await using`, which sends what waits, or with the signal,
 * which drops it. An idle client does not keep the process alive.
 */
export class V1Client implements Emitter, AsyncDisposable {
  readonly #writer: EventWriter;
  readonly #queue: DatagramQueue;
  readonly #sender: DatagramSender;
  readonly #options: V1ClientOptions;
  readonly #address: string;
  readonly #logger: Logger;
  readonly #closeTimeoutMs: number;
  #dropped = 0;
  #droppedUntold = 0;
  #closing: Promise<void> | undefined;
  #closed = false;

  /**
   * @throws TypeError, RangeError for options that can't be: no origin, an address that does not
   * parse, a queue size that is no positive whole number, a time that timers don't keep.
   */
  constructor(options: V1ClientOptions) {
    const { origin, tags, signal } = options;
    optionalFunction("onDropped", options.onDropped);
    optionalFunction("onError", options.onError);
    optionalSignal("signal", signal);
    this.#options = options;
    this.#address = options.address ?? "localhost:3457";
    this.#logger = safeLogger(options.logger);
    this.#writer = new EventWriter(origin, tags);
    this.#closeTimeoutMs = positiveMs("closeTimeoutMs", options.closeTimeoutMs ?? 5_000);
    this.#queue = new DatagramQueue(
      wholeNumber("maxQueueSize", options.maxQueueSize ?? 100_000),
      wholeNumber("maxQueueBytes", options.maxQueueBytes ?? 64 * 1024 * 1024),
    );
    this.#sender = new DatagramSender(this.#queue, parseAddress(this.#address), {
      onDropped: (count) => this.#drop(count),
      onError: (error) => this.#failed(error),
    });
    if (signal?.aborted) this.#end();
    else signal?.addEventListener("abort", this.#end, { once: true });
  }

  /** What the client has done so far. */
  get stats(): V1Stats {
    const queued = this.#queue.size + this.#sender.inFlight;
    return { sent: this.#sender.sent, dropped: this.#dropped, queued };
  }

  /**
   * Emits one log line: a log message, with source id, source type and instance id as its fields.
   *
   * @throws TypeError, RangeError for arguments that can't be an envelope, as all of `emit…` do.
   */
  emitLog(message: string | Uint8Array, options?: LogOptions): void {
    this.#emit(this.#writer.log(message, options));
  }

  /** Emits a counter: one more, `delta` more, or `total` in all. Source id and instance id become tags. */
  emitCounter(name: string, options?: CounterOptions): void {
    this.#emit(this.#writer.counter(name, options));
  }

  /**
   * Emits values measured at one moment: one envelope for each, but a single container metric if
   * there is a source id, an instance id that is an index, and exactly the five values cpu, memory,
   * disk, memory_quota and disk_quota. Source id and instance id become tags.
   */
  emitGauge(metrics: GaugeMetrics, options?: EnvelopeOptions): void {
    for (const datagram of this.#writer.gauge(metrics, options)) this.#emit(datagram);
  }

  /**
   * Sends what waits and closes the socket. Envelopes emitted from now on are dropped. What can't
   * be sent at once, or within `closeTimeoutMs`, is dropped; `stats` and `onDropped` tell.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(this.#end, this.#closeTimeoutMs);
    await this.#sender.drain();
    clearTimeout(timer);
    this.#end();
  }

  #emit(datagram: Uint8Array): void {
    if (this.#closed) {
      this.#drop(1);
    } else if (datagram.length > maxDatagramBytes) {
      this.#drop(1);
      this.#failed(new OversizedDatagramError(datagram.length));
    } else {
      const dropped = this.#queue.push(datagram);
      if (dropped > 0) this.#drop(dropped);
      this.#sender.start();
    }
  }

  /** Ends everything now. What waits is dropped. */
  readonly #end = (): void => {
    this.#closed = true;
    this.#options.signal?.removeEventListener("abort", this.#end);
    this.#sender.end();
    this.#drop(this.#queue.clear());
  };

  /** Counts now, and tells all that are dropped in this turn together. */
  #drop(count: number): void {
    if (count === 0) return;
    this.#dropped += count;
    if (this.#droppedUntold === 0) queueMicrotask(this.#tellDropped);
    this.#droppedUntold += count;
  }

  readonly #tellDropped = (): void => {
    const count = this.#droppedUntold;
    this.#droppedUntold = 0;
    this.#logger.warn(`dropped ${count} envelopes`);
    if (dropChannel.hasSubscribers) dropChannel.publish({ address: this.#address, count });
    this.#tell(() => this.#options.onDropped?.(count));
  };

  #failed(error: Error): void {
    this.#logger.warn(error.message);
    this.#tell(() => this.#options.onError?.(error));
  }

  /** What a user's callback throws must not end the client. */
  #tell(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#logger.error(`a callback threw: ${String(error)}`);
    }
  }
}

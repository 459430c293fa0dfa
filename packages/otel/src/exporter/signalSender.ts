import type { Envelope } from "@loggregator/api";
import { Backoff, delay, linkedAbortController, type RetrySettings } from "@loggregator/core";
import { isOtlpExportError, OtlpExportError } from "../errors.js";
import type { OtlpRequests } from "../mapping/otlpRequests.js";
import { EnvelopeQueue } from "./envelopeQueue.js";
import { encodeRequest, itemCount, type OtlpSignal } from "./signals.js";
import type { Transport } from "./transport.js";

/** The maximum delay that a server may request, in milliseconds. */
const maxRetryAfterMs = 300_000;
/** The size of the envelopes in a request, in bytes: collectors accept 4 MiB by default. */
const maxRequestBytes = 2 * 1024 * 1024;

export interface SignalSenderOptions {
  readonly kind: OtlpSignal;
  readonly transport: Transport;
  readonly map: (envelopes: readonly Envelope[]) => OtlpRequests;
  readonly batchMaxSize: number;
  readonly flushIntervalMs: number;
  readonly maxQueueSize: number;
  readonly maxQueueBytes: number;
  readonly retry: RetrySettings;
  readonly signal: AbortSignal;
  readonly events: SenderEvents;
}

/** Called by senders. None of them throws. */
export interface SenderEvents {
  sent(count: number): void;
  /** Envelopes that the mapping cannot represent. */
  skipped(count: number): void;
  dropped(count: number): void;
  rejected(count: number, message: string): void;
  failed(error: OtlpExportError, attempt: number, delayMs: number): void;
  ended(error: OtlpExportError): void;
  recovered(): void;
}

/** Queues the envelopes of one signal and sends them in batches, one request at a time. */
export class SignalSender {
  readonly #options: SignalSenderOptions;
  readonly #queue: EnvelopeQueue;
  readonly #backoff: Backoff;
  #inFlight = 0;
  #running: Promise<void> | undefined;
  /** Ends the wait for a full batch. */
  #due: (() => void) | undefined;
  #flushing = false;
  #room: Promise<void> | undefined;
  #onRoom: (() => void) | undefined;

  constructor(options: SignalSenderOptions) {
    this.#options = options;
    this.#queue = new EnvelopeQueue(options.maxQueueSize, options.maxQueueBytes);
    this.#backoff = new Backoff(options.retry);
  }

  /** Resolves when at most half of the queue is in use, or when the signal aborts. */
  async whenRoom(): Promise<void> {
    const { maxQueueSize, signal } = this.#options;
    while (this.#queue.size * 2 > maxQueueSize && !signal.aborted) {
      this.#room ??= new Promise((resolve) => {
        this.#onRoom = resolve;
      });
      await this.#room;
      this.#room = undefined;
    }
  }

  /** The number of envelopes that are neither sent nor dropped. */
  get queued(): number {
    return this.#queue.size + this.#inFlight;
  }

  push(envelope: Envelope): void {
    const { events, batchMaxSize } = this.#options;
    const dropped = this.#queue.push(envelope);
    if (dropped > 0) {
      events.dropped(dropped);
    }
    if (this.#queue.size >= batchMaxSize) {
      this.#due?.();
    }
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Sends everything that is queued, without waiting for full batches. */
  async flush(): Promise<void> {
    this.#flushing = true;
    this.#due?.();
    await this.#running;
    this.#flushing = false;
  }

  async #run(): Promise<void> {
    const { kind, map, batchMaxSize, events, signal } = this.#options;
    while (this.#queue.size > 0 && !signal.aborted) {
      await this.#whenDue();
      const batch = this.#queue.take(batchMaxSize, maxRequestBytes);
      this.#inFlight = batch.length;
      const requests = map(batch);
      const mapped = Math.min(batch.length, itemCount(kind, requests) ?? batch.length);
      const isSent = mapped > 0 && (await this.#deliver(requests));
      this.#inFlight = 0;
      if (mapped < batch.length) {
        events.skipped(batch.length - mapped);
      }
      if (isSent) {
        events.sent(mapped);
      } else if (mapped > 0) {
        events.dropped(mapped);
      }
      this.#onRoom?.();
    }
    const left = this.#queue.clear();
    if (left > 0) {
      events.dropped(left);
    }
    this.#onRoom?.();
  }

  async #whenDue(): Promise<void> {
    const { batchMaxSize, flushIntervalMs, signal } = this.#options;
    if (this.#flushing || this.#queue.size >= batchMaxSize || signal.aborted) {
      return;
    }
    const wait = linkedAbortController(signal);
    this.#due = () => wait.abort();
    await delay(wait.signal, flushIntervalMs).catch(() => {});
    this.#due = undefined;
    wait.abort();
  }

  /** Sends requests until they are accepted. Returns false if they are refused, or on an abort. */
  async #deliver(requests: OtlpRequests): Promise<boolean> {
    const { kind, transport, signal, events } = this.#options;
    const bytes = encodeRequest(kind, requests);
    for (;;) {
      try {
        const { rejected, message } = await transport.send(requests, bytes, signal);
        this.#backoff.reset();
        events.recovered();
        if (rejected > 0 || message !== "") {
          events.rejected(rejected, message);
        }
        return true;
      } catch (error) {
        if (signal.aborted) {
          return false;
        }
        const failure = isOtlpExportError(error)
          ? error
          : new OtlpExportError(`cannot export ${kind}: ${String(error)}`, { cause: error });
        if (!failure.retryable || this.#backoff.exhausted) {
          this.#backoff.reset();
          events.ended(failure);
          return false;
        }
        const delayMs = Math.max(
          this.#backoff.next(),
          Math.min(failure.retryAfterMs ?? 0, maxRetryAfterMs),
        );
        events.failed(failure, this.#backoff.failures, delayMs);
        await delay(signal, delayMs).catch(() => {});
        if (signal.aborted) {
          return false;
        }
      }
    }
  }
}

import type { Envelope } from "@loggregator/api";
import {
  Backoff,
  ChangeNotifier,
  delay,
  errorText,
  linkedAbortController,
  type RetrySettings,
} from "@loggregator/core";
import { isOtlpExportError, OtlpExportError } from "../../errors.js";
import type { OtlpRequests } from "../../mapping/otlpRequests.js";
import type { SharingMapper } from "../../mapping/toOtlp/toOtlp.js";
import { encodeRequest, itemCount } from "../encoding/encodeRequest.js";
import type { OtlpSignal } from "../otlpSignal.js";
import type { Transport } from "../transport/transport.js";
import { EnvelopeQueue } from "./envelopeQueue.js";

/** The maximum delay that a server may request, in milliseconds. */
const maxRetryAfterMs = 300_000;
/** The expected size of a full request, in bytes. */
const fullRequestBytes = 2 * 1024 * 1024;
/** The maximum size of a request with several envelopes, in bytes: collectors accept 4 MiB over gRPC. */
const maxRequestBytes = 3.5 * 1024 * 1024;
const never = new AbortController().signal;

export interface SignalSenderOptions {
  readonly kind: OtlpSignal;
  readonly transport: Transport;
  readonly mapper: SharingMapper;
  readonly batchMaxSize: number;
  readonly flushIntervalMs: number;
  readonly maxQueueSize: number;
  readonly maxQueueBytes: number;
  readonly retry: RetrySettings;
  readonly signal: AbortSignal;
  readonly events: SenderEvents;
}

/** The callbacks of a sender. They must not throw. */
export interface SenderEvents {
  sent(count: number): void;
  /** Called with the number of envelopes that the mapping cannot represent. */
  skipped(count: number): void;
  dropped(count: number): void;
  rejected(count: number, message: string): void;
  failed(error: OtlpExportError, attempt: number, delayMs: number): void;
  /** Called with the error of a request that is not repeated. */
  refused(error: OtlpExportError): void;
  accepted(): void;
}

/** An encoded request. */
interface EncodedRequest {
  readonly requests: OtlpRequests;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Queues the envelopes of one signal and sends them in batches, one request at a time. */
export class SignalSender {
  readonly #options: SignalSenderOptions;
  readonly #queue: EnvelopeQueue;
  readonly #backoff: Backoff;
  /** Notified when envelopes leave the queue, and when they are settled: sent, dropped or skipped. */
  readonly #changes = new ChangeNotifier();
  #running: Promise<void> | undefined;
  /** Ends the wait for a full batch. */
  #due: (() => void) | undefined;
  /** The number of envelopes that were ever queued. */
  #pushed = 0;
  #inFlight = 0;
  /**
   * The position of the oldest envelope in flight: the number of envelopes that were queued before
   * it.
   */
  #inFlightFrom = 0;
  /** Envelopes before this position are sent without waiting for full batches. */
  #flushEnd = 0;
  /** The size of the latest request relative to the estimated size of its envelopes, at least 1. */
  #expansion = 1;

  constructor(options: SignalSenderOptions) {
    this.#options = options;
    this.#queue = new EnvelopeQueue(options.maxQueueSize, options.maxQueueBytes);
    this.#backoff = new Backoff(options.retry);
  }

  /** Resolves when at most half of the queue is in use, or when the exporter ends. */
  async whenRoom(): Promise<void> {
    await this.#changes.until(() => this.#queue.isHalfEmpty, this.#options.signal);
  }

  /** The number of envelopes that are neither sent nor dropped. */
  get queued(): number {
    return this.#queue.size + this.#inFlight;
  }

  push(envelope: Envelope): void {
    const { events, mapper } = this.#options;
    const dropped = this.#queue.push(mapper.complete(envelope));
    this.#pushed++;
    if (dropped > 0) {
      events.dropped(dropped);
    }
    if (this.#isFull) {
      this.#due?.();
    }
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /**
   * Sends everything that is queued now, without waiting for full batches. Resolves when it is settled.
   *
   * @throws The signal's reason if that aborted.
   */
  async flush(signal: AbortSignal = never): Promise<void> {
    const end = this.#pushed;
    this.#flushEnd = end;
    this.#due?.();
    if (!(await this.#changes.until(() => this.#oldest >= end, signal))) {
      throw signal.reason;
    }
  }

  /** The position of the oldest envelope that is not settled. */
  get #oldest(): number {
    return this.#inFlight > 0 ? this.#inFlightFrom : this.#pushed - this.#queue.size;
  }

  get #isFull(): boolean {
    const { size, bytes } = this.#queue;
    return size >= this.#options.batchMaxSize || bytes >= this.#batchBytes;
  }

  /** The estimated size of the envelopes of a full request, in bytes. */
  get #batchBytes(): number {
    return fullRequestBytes / this.#expansion;
  }

  async #run(): Promise<void> {
    const { batchMaxSize, events, signal } = this.#options;
    while (this.#queue.size > 0 && !signal.aborted) {
      await this.#whenDue();
      const { size, bytes } = this.#queue;
      this.#inFlightFrom = this.#pushed - size;
      const batch = this.#queue.take(batchMaxSize, this.#batchBytes);
      this.#inFlight = batch.length;
      this.#changes.notify();
      await this.#export(batch, bytes - this.#queue.bytes);
    }
    const left = this.#queue.clear();
    if (left > 0) {
      events.dropped(left);
    }
    this.#changes.notify();
  }

  async #whenDue(): Promise<void> {
    const { flushIntervalMs, signal } = this.#options;
    if (this.#oldest < this.#flushEnd || this.#isFull || signal.aborted) {
      return;
    }
    const wait = linkedAbortController(signal);
    this.#due = () => wait.abort();
    await delay(wait.signal, flushIntervalMs).catch(() => {});
    this.#due = undefined;
    wait.abort();
  }

  /** Sends envelopes in a request, or in several if it would be too large for a server. */
  async #export(envelopes: readonly Envelope[], estimatedBytes: number): Promise<void> {
    const { kind, events } = this.#options;
    const { length } = envelopes;
    const request = this.#encode(envelopes);
    if (request === undefined) {
      events.dropped(length);
      this.#settle(length);
      return;
    }
    this.#expansion = Math.max(1, request.bytes.length / estimatedBytes);
    if (request.bytes.length > maxRequestBytes && length > 1) {
      const half = length >> 1;
      await this.#export(envelopes.slice(0, half), (estimatedBytes * half) / length);
      await this.#export(envelopes.slice(half), (estimatedBytes * (length - half)) / length);
      return;
    }
    const mapped = Math.min(length, itemCount(kind, request.requests) ?? length);
    const isSent = mapped > 0 && (await this.#deliver(request));
    if (mapped < length) {
      events.skipped(length - mapped);
    }
    if (isSent) {
      events.sent(mapped);
    } else if (mapped > 0) {
      events.dropped(mapped);
    }
    this.#settle(length);
  }

  #settle(count: number): void {
    this.#inFlight -= count;
    this.#inFlightFrom += count;
    this.#changes.notify();
  }

  /**
   * Returns undefined, and reports the error, if an envelope was changed in the queue and cannot be
   * encoded.
   */
  #encode(envelopes: readonly Envelope[]): EncodedRequest | undefined {
    const { kind, mapper, events } = this.#options;
    try {
      const requests = mapper.map(envelopes);
      return { requests, bytes: encodeRequest(kind, requests) };
    } catch (cause) {
      const text = `cannot encode ${envelopes.length} envelopes as ${kind}: ${errorText(cause)}`;
      events.refused(new OtlpExportError(text, { cause, signal: kind }));
      return undefined;
    }
  }

  /** Sends requests until they are accepted. Returns false if they are refused, or on an abort. */
  async #deliver({ requests, bytes }: EncodedRequest): Promise<boolean> {
    const { kind, transport, signal, events } = this.#options;
    for (;;) {
      try {
        const { rejected, message } = await transport.send(requests, bytes, signal);
        this.#backoff.reset();
        events.accepted();
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
          events.refused(failure);
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

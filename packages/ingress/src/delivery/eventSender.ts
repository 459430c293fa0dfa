import { EnvelopeBatchWriter, type EnvelopeOptions } from "@loggregator/api";
import {
  checkOptionNames,
  type HeaderCheck,
  linkedAbortController,
  optionalSignal,
} from "@loggregator/core";
import type { Connection } from "@loggregator/grpc";
import { type Client, createClientFactory } from "nice-grpc";
import { IngressError } from "../errors.js";
import { sendCall } from "./ingressCalls.js";
import { explain } from "./outage/explain.js";
import { stallTimeout } from "./stallTimeout.js";

/** Options of `emitEvent`. */
export interface EventOptions extends EnvelopeOptions {
  /**
   * Ends the wait and the call when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

export interface EventSenderOptions {
  readonly address: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly stallTimeoutMs: number;
  readonly checkHeader?: HeaderCheck | undefined;
}

/** Sends each event with a separate call. */
export class EventSender {
  readonly #tags: Readonly<Record<string, string>>;
  readonly #checkHeader: HeaderCheck | undefined;
  readonly #connection: Connection;
  readonly #client: Client<typeof sendCall>;
  /** The open calls. */
  readonly #pending = new Set<Promise<unknown>>();

  constructor(options: EventSenderOptions, connection: Connection) {
    const { address, tags, stallTimeoutMs, checkHeader } = options;
    this.#checkHeader = checkHeader;
    this.#tags = tags;
    this.#connection = connection;
    this.#client = createClientFactory()
      .use(stallTimeout(address, stallTimeoutMs))
      .use(connection.middleware)
      .create(sendCall, connection.channel);
  }

  /**
   * Encodes an event for `send`.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  encode(title: string, body: string, options: EventOptions): Uint8Array {
    checkOptionNames<EventOptions>("options", options, {
      sourceId: true,
      instanceId: true,
      tags: true,
      timestamp: true,
      signal: true,
    });
    optionalSignal("signal", options.signal);
    const { signal: _, ...envelopeOptions } = options;
    const writer = new EnvelopeBatchWriter(this.#tags, this.#checkHeader);
    writer.event(title, body, envelopeOptions);
    return writer.take();
  }

  /**
   * Resolves when the server has acknowledged the event.
   *
   * @param lifetime The signal of the client.
   * @throws IngressError if it was not delivered; the reason of `signal` if that aborted.
   */
  async send(
    bytes: Uint8Array,
    signal: AbortSignal | undefined,
    lifetime: AbortSignal,
  ): Promise<void> {
    const sending = this.#send(bytes, signal, lifetime);
    this.#pending.add(sending);
    try {
      await sending;
    } finally {
      this.#pending.delete(sending);
    }
  }

  /** Resolves when all open calls have ended, whether they succeeded or failed. */
  async whenIdle(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  async #send(
    bytes: Uint8Array,
    signal: AbortSignal | undefined,
    lifetime: AbortSignal,
  ): Promise<void> {
    const release = this.#connection.acquire();
    const call = linkedAbortController(lifetime, signal);
    try {
      await this.#client.send({ bytes }, { signal: call.signal });
    } catch (cause) {
      signal?.throwIfAborted();
      const reason = lifetime.aborted
        ? "the client closed first"
        : explain(cause, "use emit(eventEnvelope(title, body))");
      throw new IngressError(`the event was not delivered: ${reason}`, { cause });
    } finally {
      call.abort();
      release();
    }
  }
}

import { emitWarning, guardedCallback, type Logger, safeLogger } from "@loggregator/core";
import type { Message } from "@loggregator/rfc5424";
import { GaugeJoiner } from "../../envelope/gaugeJoiner.js";
import { toEnvelope } from "../../envelope/toEnvelope.js";
import type { DrainBinding, DrainMessage } from "../drainMessage.js";
import type { DrainReceiverError } from "../errors.js";
import type { DrainReceiverOptions, ReceiverSettings } from "../options.js";
import { MessageQueue } from "./messageQueue.js";

/**
 * The common part of servers and handlers: converts messages to envelopes, adds them to the queue,
 * and counts and reports refusals.
 */
export class Intake {
  readonly settings: ReceiverSettings;
  readonly queue: MessageQueue;
  /** Aborts when the receiver ends immediately. */
  readonly ended: AbortSignal;
  /** Whether new requests and connections are refused. */
  isClosing = false;
  /** The number of bytes of bodies in memory. */
  pendingBytes = 0;
  received = 0;
  invalid = 0;
  refused = 0;
  connections = 0;
  readonly #joiner: GaugeJoiner | undefined;
  readonly #logger: Logger;
  readonly #onInvalid: (error: Error, frame: Uint8Array, binding: DrainBinding) => void;
  readonly #onRefused: (error: DrainReceiverError, binding: DrainBinding) => void;
  readonly #warns: { invalid: boolean; refused: boolean };

  constructor(options: DrainReceiverOptions, settings: ReceiverSettings, ended: AbortSignal) {
    const { logger, onInvalid, onRefused } = options;
    this.settings = settings;
    this.ended = ended;
    this.queue = new MessageQueue(settings.maxQueueSize);
    this.#logger = safeLogger(logger);
    this.#onInvalid = guardedCallback("onInvalid", onInvalid, this.#logger);
    this.#onRefused = guardedCallback("onRefused", onRefused, this.#logger);
    this.#warns = {
      invalid: logger === undefined && onInvalid === undefined,
      refused: logger === undefined && onRefused === undefined,
    };
    if (settings.joinGauges) {
      // Shared by all requests, as each metric may be sent in a separate request.
      this.#joiner = new GaugeJoiner((messages) => void this.queue.push(messages));
    }
  }

  /** Returns the messages with their envelopes. Messages that cannot be converted are reported. */
  convert(messages: readonly Message[], binding: DrainBinding): DrainMessage[] {
    const converted: DrainMessage[] = [];
    for (const message of messages) {
      try {
        converted.push({ envelope: toEnvelope(message), message, binding });
      } catch (error) {
        this.reportInvalid(error as Error, message.message, binding);
      }
    }
    this.received += converted.length;
    return converted;
  }

  /** Adds messages to the queue if it has room. Otherwise returns false: call `add`. */
  tryAdd(messages: readonly DrainMessage[]): boolean {
    // Checked first: the messages must not be passed to the joiner twice.
    return this.#joiner === undefined && this.queue.tryPush(messages);
  }

  /** Waits for room in the queue, and adds messages. Resolves to false if it was closed before. */
  add(messages: readonly DrainMessage[]): Promise<boolean> {
    return this.queue.push(this.#joiner?.add(messages) ?? messages);
  }

  /** Joins the gauges of one request, whose messages are acknowledged together. */
  joinWithin(messages: readonly DrainMessage[]): readonly DrainMessage[] {
    if (!this.settings.joinGauges) {
      return messages;
    }
    const joiner = new GaugeJoiner(() => {});
    return [...joiner.add(messages), ...joiner.flush()];
  }

  /** Adds the gauges that are waiting for more metrics. */
  flush(): void {
    void this.queue.push(this.#joiner?.flush() ?? []);
  }

  reportInvalid(error: Error, frame: Uint8Array, binding: DrainBinding): void {
    this.invalid++;
    this.#logger.warn(`${describe(binding)}: ${error.message}`);
    this.#onInvalid(error, frame, binding);
    if (this.#warns.invalid) {
      this.#warns.invalid = false;
      emitWarning(
        `drain receiver: ${error.message} (pass onInvalid or a logger to see all invalid messages, or logger: null to disable this warning)`,
      );
    }
  }

  reportRefused(error: DrainReceiverError, binding: DrainBinding): void {
    this.refused++;
    this.#logger.warn(`${describe(binding)}: ${error.message}`);
    this.#onRefused(error, binding);
    if (this.#warns.refused) {
      this.#warns.refused = false;
      emitWarning(
        `drain receiver: ${error.message} (pass onRefused or a logger to see all refusals, or logger: null to disable this warning)`,
      );
    }
  }
}

function describe({ transport, remoteAddress = "unknown address" }: DrainBinding): string {
  return `${transport} from ${remoteAddress}`;
}

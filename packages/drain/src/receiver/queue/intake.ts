import type { Message } from "@loggregator/rfc5424";
import { GaugeJoiner } from "../../envelope/gaugeJoiner.js";
import { toEnvelope } from "../../envelope/toEnvelope.js";
import type { DrainBinding, DrainMessage } from "../drainMessage.js";
import type { DrainReceiverOptions, ReceiverSettings } from "../options.js";
import { IntakeReports } from "./intakeReports.js";
import { MessageQueue } from "./messageQueue.js";

/**
 * The common part of servers and handlers: converts messages to envelopes and adds them to the
 * queue.
 */
export class Intake {
  readonly settings: ReceiverSettings;
  readonly queue: MessageQueue;
  readonly reports: IntakeReports;
  /** Aborts when the receiver ends immediately. */
  readonly ended: AbortSignal;
  /** Whether new requests and connections are refused. */
  isClosing = false;
  /** The number of bytes of bodies in memory. */
  pendingBytes = 0;
  received = 0;
  connections = 0;
  readonly #joiner: GaugeJoiner | undefined;

  constructor(options: DrainReceiverOptions, settings: ReceiverSettings, ended: AbortSignal) {
    this.settings = settings;
    this.ended = ended;
    this.queue = new MessageQueue(settings.maxQueueSize);
    this.reports = new IntakeReports(options);
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
        this.reports.addInvalid(error as Error, message.message, binding);
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
}

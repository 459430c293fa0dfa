import type { Envelope } from "@loggregator/api";
import { errorText, type Logger } from "@loggregator/core";
import { fromEnvelope, MarshalError, type Message, marshal, unmarshal } from "@loggregator/rfc5424";
import { envelopeFromMessage } from "./envelopeFromMessage.js";
import { hasUnreadableTag, maxMessageBytes } from "./messageLimits.js";

/**
 * The number of envelopes that wait while one blocks the drain; the oldest are lost. As in the
 * syslog agent.
 */
const maxWaiting = 10_000;

export interface SyslogPathOptions {
  /** Called with each envelope as it arrives. */
  readonly deliver: (envelope: Envelope) => void;
  /** The time for which an envelope that cannot be written blocks all others. */
  readonly retryMs: number;
  readonly logger: Logger;
}

/**
 * The path from a VM's syslog agent to log-cache's syslog server, with its observed changes, losses
 * and delays.
 */
export class SyslogPath {
  readonly #options: SyslogPathOptions;
  #waiting: Envelope[] = [];
  #blocked: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(options: SyslogPathOptions) {
    this.#options = options;
  }

  /** Whether an envelope that cannot be written blocks the others. */
  get isBlocked(): boolean {
    return this.#blocked !== undefined;
  }

  accept(envelope: Envelope): void {
    if (this.#blocked === undefined) {
      this.#send(envelope);
      return;
    }
    this.#waiting.push(envelope);
    if (this.#waiting.length > maxWaiting) {
      this.#waiting.shift();
    }
  }

  close(): void {
    clearTimeout(this.#blocked);
    this.#waiting = [];
  }

  #send(envelope: Envelope): void {
    for (const message of fromEnvelope(envelope)) {
      let bytes: Uint8Array;
      try {
        bytes = marshal(message);
      } catch (error) {
        if (!(error instanceof MarshalError)) {
          throw error;
        }
        this.#block(errorText(error));
        return;
      }
      this.#receive(message, bytes);
    }
  }

  #receive(message: Message, bytes: Uint8Array): void {
    if (bytes.length > maxMessageBytes || hasUnreadableTag(message)) {
      // The server closes the connection: envelopes in flight are lost too.
      this.#isClosing = true;
      setImmediate(() => {
        this.#isClosing = false;
      });
    }
    if (this.#isClosing) {
      return;
    }
    const envelope = envelopeFromMessage(unmarshal(bytes));
    if (envelope !== undefined) {
      this.#options.deliver(envelope);
    }
  }

  /** Waits as long as the agent tries to write an envelope, and continues without it. */
  #block(reason: string): void {
    const { retryMs, logger } = this.#options;
    logger.warn(
      `an envelope that syslog cannot carry blocks all others to log-cache for ${retryMs} ms: ${reason}`,
    );
    this.#blocked = setTimeout(() => {
      this.#blocked = undefined;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const envelope of waiting) {
        this.accept(envelope);
      }
    }, retryMs);
  }
}

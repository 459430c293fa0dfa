import type { ConnectionStatus } from "@loggregator/core";
import type { DialOptions } from "./dial.js";
import type { QueuedEnvelope } from "./envelopeQueue.js";

/** Sends envelopes over connections of one kind. */
export interface Transport {
  /** How many bytes are taken at once, see `EnvelopeQueue.take`. */
  readonly maxBytes: number;
  /**
   * Sends the messages of the envelopes.
   *
   * @param onSent Called with a number of envelopes that were sent, from the oldest on.
   * @throws DrainSendError if it failed; the signal's reason if that aborts.
   */
  send(
    envelopes: readonly QueuedEnvelope[],
    onSent: (count: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends the connection after what was written. */
  end(): Promise<void>;
  /** Ends the connection at once. */
  destroy(): void;
}

export interface TransportOptions extends DialOptions {
  readonly stallTimeoutMs: number;
  readonly batchMaxBytes: number;
  readonly onStatus: (status: ConnectionStatus) => void;
}

/** One buffer with all messages of the envelopes, made of what `write` returns for each. */
export function concatMessages(envelopes: readonly QueuedEnvelope[]): Buffer {
  return Buffer.concat(envelopes.flatMap(({ messages }) => messages));
}

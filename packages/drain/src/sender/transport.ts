import type { ConnectionStatus } from "@loggregator/core";
import type { DialOptions } from "./dial.js";
import type { QueuedEnvelope } from "./envelopeQueue.js";

/** Sends envelopes over connections of one kind. */
export interface Transport {
  /** The maximum number of bytes to take, see `EnvelopeQueue.take`. */
  readonly maxBytes: number;
  /**
   * Sends the messages of the envelopes.
   *
   * @param onSent Called with the number of envelopes that were sent, starting with the oldest.
   * @throws DrainSendError if it failed; the signal's reason if that aborts.
   */
  send(
    envelopes: readonly QueuedEnvelope[],
    onSent: (count: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends the connection after all writes. */
  end(): Promise<void>;
  /** Destroys the connection. */
  destroy(): void;
}

export interface TransportOptions extends DialOptions {
  readonly stallTimeoutMs: number;
  readonly batchMaxBytes: number;
  readonly onStatus: (status: ConnectionStatus) => void;
}

/** Concatenates the messages of the envelopes, as `write` returns them. */
export function concatMessages(envelopes: readonly QueuedEnvelope[]): Buffer {
  return Buffer.concat(envelopes.flatMap(({ messages }) => messages));
}

import {
  checkOptionNames,
  type Logger,
  optionalFunction,
  optionalSignal,
  type RetryOptions,
} from "@loggregator/core";
import type { ChannelOptions, ConnectionError, TlsSource } from "@loggregator/grpc";
import type { EgressError } from "./errors.js";
import { checkBuffer, type StreamBuffer } from "./stream/streamBuffer.js";

/** Options of a connector. */
export interface EnvelopeStreamConnectorOptions {
  /** The Reverse Log Proxy's address: `host:port`, `[IPv6]:port` or `unix:path`. */
  readonly address: string;
  /**
   * Certificates and key for mutual TLS, from `loadEgressTls`; or an async function that is called
   * for each new connection, so that rotated certificates take effect.
   */
  readonly tls: TlsSource;
  /**
   * When and how often a failed stream is reopened. Limit `maxAttempts` if the program should end
   * when there is no server.
   *
   * @default retries indefinitely, with delays from 50 ms to 5 s
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * Called after each failure that is followed by a retry, before the delay, with a
   * `ConnectionError` or an `EgressError` with the server's status.
   *
   * @param attempt The number of the retry that follows, starting at 1. A batch resets it.
   * @param delayMs The delay before this retry in milliseconds.
   *
   * @default none
   */
  readonly onRetryableError?:
    | ((error: ConnectionError | EgressError, attempt: number, delayMs: number) => unknown)
    | undefined;
  /**
   * Buffers batches while the consumer is busy, overwriting the oldest. Set it if the newest
   * envelopes matter most to a consumer that is occasionally slow.
   *
   * @default none: the server waits for the consumer, and drops envelopes when its own buffer is
   * full
   */
  readonly buffer?: StreamBuffer | undefined;
  /**
   * The maximum duration of opening the connection in milliseconds, including `tls()`. Raise it for
   * slow networks; lower it to retry sooner if no server responds.
   *
   * @default 10_000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Closes the connector when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives log messages.
   *
   * @default the first failure of an outage and the recovery are each reported once through
   * `process.emitWarning`; `null` disables this
   */
  readonly logger?: Logger | null | undefined;
  /**
   * Transport options by their gRPC names.
   *
   * @default those of `ChannelOptions`
   */
  readonly channelOptions?: ChannelOptions | undefined;
}

/** The statistics of a connector. */
export interface EgressStats {
  /** The number of open streams. */
  readonly streams: number;
  /** The number of envelopes read from the server. */
  readonly received: number;
  /** The number of batches read from the server. */
  readonly batches: number;
  /** The number of received envelopes that a `buffer` overwrote before they were read. */
  readonly dropped: number;
  /** The number of stream failures that were followed by a retry. */
  readonly reconnects: number;
}

/**
 * Checks the options that the connection does not check.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid or unknown option.
 */
export function checkOptions(options: EnvelopeStreamConnectorOptions): void {
  checkOptionNames<EnvelopeStreamConnectorOptions>("options", options, {
    address: true,
    tls: true,
    retry: true,
    onRetryableError: true,
    buffer: true,
    connectTimeoutMs: true,
    signal: true,
    logger: true,
    channelOptions: true,
  });
  if (options.buffer !== undefined) {
    checkBuffer(options.buffer);
  }
  optionalFunction("onRetryableError", options.onRetryableError);
  optionalSignal("signal", options.signal);
}

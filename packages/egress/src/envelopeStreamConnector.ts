import { EgressDefinition } from "@loggregator/api";
import {
  type ConnectionStatus,
  checkOptionNames,
  onAbort,
  optionalSignal,
  retrySettings,
  safeLogger,
} from "@loggregator/core";
import { Connection } from "@loggregator/grpc";
import { createClientFactory } from "nice-grpc";
import { batchRequest, type EnvelopeStreamRequest } from "./envelopeStreamRequest.js";
import { checkOptions, type EgressStats, type EnvelopeStreamConnectorOptions } from "./options.js";
import { pacedConnection } from "./pacedConnection.js";
import { reconnectMiddleware } from "./reconnectMiddleware.js";
import type { StreamSettings } from "./stream/batchReader.js";
import { type EnvelopeStream, openEnvelopeStream } from "./stream/envelopeStream.js";
import { StreamMonitor } from "./stream/streamMonitor.js";
import { egressServerName } from "./tls.js";
import { withEnvironment } from "./withEnvironment.js";

/**
 * Reads streams of envelopes from a Reverse Log Proxy over gRPC with mutual TLS. All streams share
 * one connection, which is open while there are streams.
 */
export class EnvelopeStreamConnector implements AsyncDisposable {
  readonly #monitor: StreamMonitor;
  readonly #settings: StreamSettings;
  readonly #closed = new AbortController();
  readonly #removeAbort = () => {};

  /**
   * @throws OptionTypeError, OptionRangeError for an invalid or unknown option, such as a malformed
   * address; TlsError for certificates that cannot be used.
   */
  constructor(options: EnvelopeStreamConnectorOptions) {
    checkOptions(options);
    const { address, tls, retry, buffer, signal } = options;
    const monitor = new StreamMonitor(options);
    const connection = new Connection({
      address,
      tls,
      serverName: egressServerName,
      connectTimeoutMs: options.connectTimeoutMs,
      channelOptions: options.channelOptions,
      logger: safeLogger(options.logger),
      onStatus: monitor.status.push,
    });
    // The last middleware is called first, so that each retry waits for the connection.
    const client = createClientFactory()
      .use(pacedConnection(connection, retrySettings(retry), () => monitor.recovered()))
      .use(reconnectMiddleware)
      .create(EgressDefinition, connection.channel);
    this.#monitor = monitor;
    this.#settings = { address, connection, client, retry, bufferSize: buffer?.size, monitor };
    this.#removeAbort = onAbort(signal, () => this.#close());
  }

  /**
   * Creates a connector from environment variables, as `loggregator emulate --env` writes them:
   * `LOGGREGATOR_EGRESS_ADDRESS`, `LOGGREGATOR_CA_PATH`, `LOGGREGATOR_CERT_PATH` and
   * `LOGGREGATOR_KEY_PATH`. The files are read again for each new connection.
   *
   * @param options Further options. They take precedence over variables, which may then be missing.
   * @throws OptionTypeError if a variable is missing or empty, and as the constructor does.
   */
  static fromEnv(options: Partial<EnvelopeStreamConnectorOptions> = {}): EnvelopeStreamConnector {
    return new EnvelopeStreamConnector(withEnvironment(options, process.env));
  }

  /** The statistics of the connector. */
  get stats(): EgressStats {
    return this.#monitor.stats;
  }

  /**
   * Yields the status of the connection, and then each change; `retrying` is reported for each
   * stream. Ends after `closed`, when the connector is closed. At most 64 changes are kept for a
   * slow reader; beyond that, the oldest are discarded.
   */
  status(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#monitor.status.read();
  }

  /**
   * Returns a stream, which is opened on the first read and reopened after a failure. The iteration
   * ends without an error when the signal aborts, the loop is left or the connector is closed; each
   * of these closes the call immediately.
   *
   * The iteration throws an EgressError for a status that no retry can fix: INVALID_ARGUMENT (if
   * there are no selectors, for example), UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED; and
   * for the failure after `retry.maxAttempts` retries in a row.
   *
   * @throws OptionTypeError if the request or the options are invalid, or contain an unknown name.
   */
  stream(
    request: EnvelopeStreamRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): EnvelopeStream {
    checkOptionNames<typeof options>("options", options, { signal: true });
    optionalSignal("signal", options.signal);
    const signals = [this.#closed.signal, options.signal];
    return openEnvelopeStream(batchRequest(request), this.#settings, signals);
  }

  /** Closes all streams, whose iterations end without an error, and the connection. */
  async close(): Promise<void> {
    this.#close();
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #close(): void {
    this.#removeAbort();
    this.#closed.abort();
    this.#monitor.status.push({ type: "closed" });
  }
}

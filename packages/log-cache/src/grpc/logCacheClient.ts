import type { Envelope } from "@loggregator/api";
import {
  checkOptionNames,
  formatValue,
  OptionTypeError,
  objectArgument,
  timeoutMs,
} from "@loggregator/core";
import {
  type ChannelOptions,
  requiredVariable,
  type TlsSource,
  tlsFromEnv,
} from "@loggregator/grpc";
import { LogCacheReader, type LogCacheReaderOptions } from "../client/logCacheReader.js";
import { checkRequestOptions, type RequestOptions } from "../client/requestOptions.js";
import { encodeSendRequest, GrpcTransport } from "./grpcTransport.js";
import { loadLogCacheTls, logCacheServerName } from "./tls.js";

/** The limit of log-cache's own clients, plus room for the rest of a message. */
const maxReceiveBytes = 51 * 1024 * 1024;

/** The limit of log-cache. */
const maxSendBytes = 50 * 1024 * 1024;

/** Options of a `LogCacheClient`. */
export interface LogCacheClientOptions extends LogCacheReaderOptions {
  /** The address of a log-cache node: `host:port`, `[IPv6]:port` or `unix:path`. */
  readonly address: string;
  /**
   * Certificates and key for mutual TLS, from `loadLogCacheTls`; or an async function that is called
   * for each new connection, so that rotated certificates take effect.
   */
  readonly tls: TlsSource;
  /**
   * The time limit of a call in milliseconds, including opening the connection. `Infinity`: no
   * limit. Raise it for slow servers and large answers; lower it to fail sooner.
   *
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Transport options by their gRPC names.
   *
   * @default those of `ChannelOptions`
   */
  readonly channelOptions?: ChannelOptions | undefined;
}

/**
 * Reads envelopes and metrics from log-cache over gRPC with mutual TLS, for components of the
 * platform. Any valid client certificate permits reading everything.
 */
export class LogCacheClient extends LogCacheReader {
  readonly #transport: GrpcTransport;

  /**
   * @throws OptionTypeError, OptionRangeError for an invalid option; TlsError for certificates that
   * cannot be used. Nothing is sent yet.
   */
  constructor(options: LogCacheClientOptions) {
    checkOptionNames<LogCacheClientOptions>("options", options, {
      address: true,
      tls: true,
      timeoutMs: true,
      channelOptions: true,
      retry: true,
      onRetryableError: true,
      logger: true,
      signal: true,
    });
    const { address, tls, channelOptions, logger } = options;
    const transport = new GrpcTransport(
      {
        address,
        tls,
        serverName: logCacheServerName,
        logger,
        channelOptions: {
          "grpc.max_receive_message_length": maxReceiveBytes,
          "grpc.max_send_message_length": maxSendBytes,
          ...channelOptions,
        },
      },
      timeoutMs("timeoutMs", options.timeoutMs ?? 30_000),
    );
    super(transport, options);
    this.#transport = transport;
  }

  /**
   * Creates a client from environment variables: `LOGGREGATOR_LOG_CACHE_ADDRESS`,
   * `LOGGREGATOR_CA_PATH`, `LOGGREGATOR_CERT_PATH` and `LOGGREGATOR_KEY_PATH`. The files are read again
   * for each new connection. Options take precedence.
   *
   * @throws OptionTypeError if a variable is missing or empty.
   */
  static fromEnv(options: Partial<LogCacheClientOptions> = {}): LogCacheClient {
    objectArgument("options", options);
    const {
      address = requiredVariable(process.env, "LOGGREGATOR_LOG_CACHE_ADDRESS", '"host:port"'),
      tls = tlsFromEnv(process.env, loadLogCacheTls),
    } = options;
    return new LogCacheClient({ ...options, address, tls });
  }

  /**
   * Stores envelopes. When it resolves, the node has stored them, or has tried to forward them to the
   * nodes that are responsible for their sources.
   *
   * @throws LogCacheError; its `tooLarge` is true for more than 50 MiB: send fewer envelopes per call.
   * @throws OptionTypeError, OptionRangeError for an invalid envelope or option.
   */
  send(envelopes: readonly Envelope[], options: RequestOptions = {}): Promise<void> {
    checkRequestOptions(options);
    if (!Array.isArray(envelopes)) {
      throw new OptionTypeError("envelopes", "an array of envelopes", formatValue(envelopes));
    }
    const request = encodeSendRequest(envelopes);
    return this.request(options.signal, (signal) => this.#transport.send(request, signal));
  }
}

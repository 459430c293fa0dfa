import {
  checkOptionNames,
  integerLimit,
  oneOf,
  positiveInteger,
  positiveMs,
  type SenderOptions,
  type SenderSettings,
  senderOptionNames,
  senderSettings,
  timeoutMs,
  type UnsafeHeaders,
} from "@loggregator/core";
import { type ConnectionOptions, maxMessageBytes, type TlsSource } from "@loggregator/grpc";

/** Options of an ingress client. */
export interface IngressClientOptions extends SenderOptions {
  /**
   * Certificates and key for mutual TLS, from `loadIngressTls`; or an async function that returns
   * them and is called for each new connection, so that rotated certificates take effect.
   */
  readonly tls: TlsSource;
  /**
   * The agent's address: `host:port`, `[IPv6]:port` or `unix:path`.
   *
   * @default "localhost:3458"
   */
  readonly address?: string | undefined;
  /**
   * Tags that are added to each envelope without a tag of that name.
   *
   * @default none
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * The maximum number of envelopes in a batch. A full batch is sent immediately. There is rarely a
   * reason to change it: larger batches are not faster, and smaller ones use more CPU time.
   *
   * @default 100
   */
  readonly batchMaxSize?: number | undefined;
  /**
   * The time in milliseconds after which an incomplete batch is sent. Lower it if envelopes must
   * arrive sooner, at the cost of more batches.
   *
   * @default 100
   */
  readonly flushIntervalMs?: number | undefined;
  /**
   * The maximum size of an envelope in bytes; larger ones are dropped. Servers accept 10 MiB. An
   * agent, however, forwards up to 100 envelopes in one message, and the router silently drops
   * messages of more than 10 MiB. With 100,000 bytes, a large envelope never causes the loss of
   * others, including the tags that the agent adds.
   *
   * @default 10_485_760 (10 MiB)
   */
  readonly maxEnvelopeBytes?: number | undefined;
  /**
   * The treatment of source ids, instance ids and names of tags that syslog cannot carry: those
   * with spaces, control characters or characters outside of ASCII, and names also with `=`, `"` or
   * `]`. If the source id is empty, the tag `origin` is checked, because the agent uses it instead.
   * A syslog agent retries such an envelope for about two minutes, and delays everything that its
   * VM sends to the same log-cache or drain for that time. `warn` logs one warning; `reject` makes
   * `emit…` throw an OptionRangeError; `allow` does nothing.
   *
   * @default "warn"
   */
  readonly unsafeHeaders?: UnsafeHeaders | undefined;
  /**
   * `stream` sends batches on one stream without acknowledgements, as go-loggregator does:
   * envelopes in flight when a connection breaks are lost. `acknowledged` sends each batch with a
   * call that is repeated until the agent acknowledges it: nothing is lost on the way to the agent,
   * but if an acknowledgement is lost, the envelopes of that call arrive twice. Agents support it,
   * routers do not.
   *
   * @default "stream"
   */
  readonly delivery?: "stream" | "acknowledged" | undefined;
  /**
   * The maximum rate at which the backlog of an outage is sent, in envelopes per second; `Infinity`
   * disables the limit. A real router loses most of a backlog that arrives at once. Without a
   * backlog, the rate is not limited. Lower it if the platform loses part of a backlog; raise it to
   * send a backlog sooner.
   *
   * @default 20_000
   */
  readonly maxBacklogRate?: number | undefined;
  /**
   * The maximum duration of an attempt to connect in milliseconds, including `tls()`. Raise it for
   * slow networks; lower it to retry sooner if no server responds.
   *
   * @default 10_000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * The maximum time in milliseconds without progress, in which the server neither reads from the
   * stream nor responds to a call. After this time the connection is closed and reopened. Lower it
   * if a stalled agent must be detected quickly; values below a few seconds can misfire on a busy
   * host.
   *
   * @default 30_000
   */
  readonly stallTimeoutMs?: number | undefined;
  /**
   * The interval between keepalive pings in milliseconds. The agent that listens on port 3458
   * closes connections that are pinged more often than every 5 minutes; routers allow a ping every
   * 10 s. Other frames detect a dead connection within 40 s, however long the interval; `Infinity`
   * disables this detection. Lower it only for routers.
   *
   * @default 305_000
   */
  readonly keepaliveIntervalMs?: number | undefined;
  /**
   * Called with the number of envelopes that were dropped since the last call: because the queue
   * was full, the client was closed, or an envelope was too large. It is called immediately, and
   * then every 100 ms while more are dropped.
   *
   * @default none
   */
  readonly onDropped?: ((count: number) => unknown) | undefined;
  /**
   * Called after each failure that is followed by another attempt, with a `ConnectionError`, a
   * `StallError`, or nice-grpc's `ClientError` with the server's status.
   *
   * @param attempt The number of the retry that follows, starting at 1. A success resets it.
   * @param delayMs The delay before this retry in milliseconds.
   *
   * @default none
   */
  readonly onRetryableError?:
    | ((error: Error, attempt: number, delayMs: number) => unknown)
    | undefined;
  /**
   * Options of the connection by their gRPC names, such as `grpc.max_send_message_length`.
   *
   * @default those of `ChannelOptions`
   */
  readonly channelOptions?: ConnectionOptions["channelOptions"];
}

/** The statistics of a client. `sent + dropped + queued` is the number of envelopes emitted. */
export interface IngressStats {
  /**
   * Envelopes that were passed to the transport, or acknowledged in acknowledged mode. Decreases if
   * the server refuses a stream, for example with GOAWAY: envelopes sent on it are queued again.
   */
  readonly sent: number;
  /** Envelopes that the client dropped, see `onDropped`. */
  readonly dropped: number;
  /** Envelopes that have not been sent yet. */
  readonly queued: number;
  /** The number of failures that were followed by another attempt. */
  readonly reconnects: number;
}

/** The options of a client that are plain values, checked and with defaults. */
export interface IngressSettings extends SenderSettings {
  readonly address: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly batchMaxSize: number;
  readonly flushIntervalMs: number;
  readonly maxBatchBytes: number;
  readonly maxEnvelopeBytes: number;
  readonly delivery: "stream" | "acknowledged";
  readonly maxBacklogRate: number;
  readonly connectTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly keepaliveIntervalMs: number | undefined;
}

/**
 * Checks the options of a client and fills in the defaults.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option, with its name and value.
 */
export function ingressSettings(options: IngressClientOptions): IngressSettings {
  checkOptionNames<IngressClientOptions>("options", options, {
    tls: true,
    address: true,
    tags: true,
    batchMaxSize: true,
    flushIntervalMs: true,
    maxEnvelopeBytes: true,
    unsafeHeaders: true,
    delivery: true,
    maxBacklogRate: true,
    connectTimeoutMs: true,
    stallTimeoutMs: true,
    keepaliveIntervalMs: true,
    ...senderOptionNames,
    channelOptions: true,
  });
  const {
    address = "localhost:3458",
    tags = {},
    batchMaxSize = 100,
    flushIntervalMs = 100,
    maxEnvelopeBytes = maxMessageBytes,
    delivery = "stream",
    maxBacklogRate = 20_000,
    connectTimeoutMs = 10_000,
    stallTimeoutMs = 30_000,
  } = options;
  const maxBatchBytes = maxSendBytes(options.channelOptions);
  return {
    ...senderSettings(options),
    address,
    tags,
    batchMaxSize: positiveInteger("batchMaxSize", batchMaxSize),
    flushIntervalMs: positiveMs("flushIntervalMs", flushIntervalMs),
    maxBatchBytes,
    maxEnvelopeBytes: Math.min(
      maxBatchBytes,
      positiveInteger("maxEnvelopeBytes", maxEnvelopeBytes),
    ),
    delivery: oneOf("delivery", delivery, ["stream", "acknowledged"]),
    maxBacklogRate: integerLimit("maxBacklogRate", maxBacklogRate, 1),
    connectTimeoutMs: positiveMs("connectTimeoutMs", connectTimeoutMs),
    stallTimeoutMs: positiveMs("stallTimeoutMs", stallTimeoutMs),
    keepaliveIntervalMs: keepaliveIntervalMs(options),
  };
}

/**
 * Returns the keepalive interval. The default is longer than the 5 minutes of the forwarder agent.
 * Undefined if it is set by its gRPC name.
 */
function keepaliveIntervalMs(options: IngressClientOptions): number | undefined {
  const { channelOptions, keepaliveIntervalMs } = options;
  if (keepaliveIntervalMs !== undefined) {
    return timeoutMs("keepaliveIntervalMs", keepaliveIntervalMs);
  }
  return channelOptions?.["grpc.keepalive_time_ms"] === undefined ? 305_000 : undefined;
}

/** Returns the message size that servers accept, or the connection's limit if that is smaller. */
function maxSendBytes(channelOptions: IngressClientOptions["channelOptions"]): number {
  const limit = channelOptions?.["grpc.max_send_message_length"] ?? -1;
  return limit < 0 ? maxMessageBytes : Math.min(limit, maxMessageBytes);
}

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
   * The number of envelopes in a batch. A batch is sent once it is full. Change it rarely: larger
   * batches are no faster, and smaller ones take more CPU time.
   *
   * @default 100
   */
  readonly batchMaxSize?: number | undefined;
  /**
   * The time in milliseconds after which a batch is sent that is not full. Lower it if envelopes
   * must arrive sooner, at the cost of more batches.
   *
   * @default 100
   */
  readonly flushIntervalMs?: number | undefined;
  /**
   * The size of an envelope in bytes above which it is dropped. Servers accept 10 MiB. An agent,
   * however, forwards 100 envelopes at a time, and the router behind it silently drops more than 10
   * MiB: with 100,000, a large envelope never causes the loss of others, as there is room for the
   * tags that the agent adds.
   *
   * @default 10_485_760 (10 MiB)
   */
  readonly maxEnvelopeBytes?: number | undefined;
  /**
   * Whether source ids, instance ids and names of tags that syslog cannot carry are accepted: those
   * with a space, a control character or one outside of ASCII, and names also with `=`, `"` or `]`. If
   * the source id is empty, the tag `origin` takes its place, as the agent does this.
   * A syslog agent tries to send such an envelope to log-cache or a drain for about two minutes, and
   * all that its VM sends there waits for that long. `warn` logs a warning, once; `reject` makes
   * `emit…` throw an OptionRangeError; `allow` does nothing.
   *
   * @default "warn"
   */
  readonly unsafeHeaders?: UnsafeHeaders | undefined;
  /**
   * `stream` sends batches on one stream without acknowledgements, as go-loggregator does:
   * envelopes in flight when a connection breaks are lost. `acknowledged` sends with calls that are
   * repeated until the agent answers: nothing is lost on the way to the agent, and if an answer is
   * lost, the envelopes of that call arrive twice. Routers have no such calls, agents do.
   *
   * @default "stream"
   */
  readonly delivery?: "stream" | "acknowledged" | undefined;
  /**
   * The number of envelopes per second at which the backlog of an outage is sent. A real router
   * loses most of a backlog that arrives at once. Without a backlog, envelopes are not limited.
   * `Infinity` disables it. Lower it if the platform loses part of a backlog; raise it to send a
   * backlog sooner.
   *
   * @default 20_000
   */
  readonly maxBacklogRate?: number | undefined;
  /**
   * The maximum duration of an attempt to connect in milliseconds, including `tls()`. Raise it for
   * slow networks; lower it to retry sooner if nothing answers.
   *
   * @default 10_000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * The maximum time in milliseconds without progress: the server neither reads from the stream nor
   * answers a call. After this time the connection is closed and reopened. Lower it if a stalled
   * agent must be detected quickly; values below a few seconds can misfire on a busy host.
   *
   * @default 30_000
   */
  readonly stallTimeoutMs?: number | undefined;
  /**
   * The time between two keepalive pings in milliseconds. The agent that listens on port 3458
   * closes connections that are pinged more often than every 5 minutes; routers allow a ping every
   * 10 s. Independently of this, other frames detect a dead connection within 40 s. Lower it only
   * for routers.
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
   * @param delayMs The delay before it in milliseconds.
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
   * the server excludes a stream in GOAWAY: envelopes sent on it are queued again.
   */
  readonly sent: number;
  /** Envelopes lost in the client: see `onDropped`. */
  readonly dropped: number;
  /** Envelopes that are not sent yet. */
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

/** @throws OptionTypeError, OptionRangeError for an invalid option, with its name and value. */
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
 * Returns the keepalive interval: by default longer than the 5 minutes of the forwarder agent,
 * unless it is set by its gRPC name.
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

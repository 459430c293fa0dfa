import {
  type Logger,
  objectArgument,
  oneOf,
  optionalFunction,
  optionalSignal,
  positiveInteger,
  positiveMs,
} from "@loggregator/core";
import { type ConnectionOptions, maxMessageBytes, type TlsSource } from "@loggregator/grpc";

/** How an ingress client sends. */
export interface IngressClientOptions {
  /** About how long to wait after the first failure, in milliseconds. Default: 50. */
  readonly retryBaseDelayMs?: number | undefined;
  /** How long to wait at most, in milliseconds. Default: 5,000. */
  readonly retryMaxDelayMs?: number | undefined;
  /**
   * Certificates and key for mutual TLS, from `loadIngressTls`; or a function that is asked for
   * them at each new connection, so that re-issued certificates are picked up.
   */
  readonly tls: TlsSource;
  /** The agent's address: `host:port`, `[IPv6]:port` or `unix:path`. Default: "localhost:3458". */
  readonly address?: string | undefined;
  /** Given to every envelope that has no tag of that name itself. Default: none. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** How many envelopes make a batch at most. Default: 100. */
  readonly batchMaxSize?: number | undefined;
  /** How long an envelope waits at most for others to fill its batch, in milliseconds. Default: 100. */
  readonly flushIntervalMs?: number | undefined;
  /** How many envelopes may wait. One more, and the oldest is dropped. Default: 100,000. */
  readonly maxQueueSize?: number | undefined;
  /** How many bytes may wait, whatever `maxQueueSize` says. Default: 64 MiB. */
  readonly maxQueueBytes?: number | undefined;
  /**
   * `stream` sends batches on one stream and hears of none of them, as go-loggregator does: what
   * is on a connection that breaks is lost. `acknowledged` sends each batch with a call of its own
   * and again until the agent has it: slower, and an agent that restarts loses nothing. The router
   * has no acknowledged calls, only the agent. Default: "stream".
   */
  readonly delivery?: "stream" | "acknowledged" | undefined;
  /**
   * How long an attempt to connect takes at most, in milliseconds, with the time that `tls` takes.
   * Default: 10,000.
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long the server may take nothing of what is to be sent, or leave a call unanswered, in
   * milliseconds; then the connection is given up, and a new one is made. Default: 30,000.
   */
  readonly stallTimeoutMs?: number | undefined;
  /** How long `closeSend()` takes at most, in milliseconds. Default: 5,000. */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * Told how many envelopes were dropped since it was last told: because the queue was full, the
   * client was closed, or an envelope was larger than servers accept. Told at once, and then every
   * 100 ms while it goes on.
   */
  readonly onDropped?: ((count: number) => void) | undefined;
  /**
   * Told of each failure to connect or to send: a `ConnectionError`, a `StallError`, or nice-grpc's
   * `ClientError` with the server's status. The client goes on by itself.
   */
  readonly onRetryableError?: ((error: Error) => void) | undefined;
  /** Ends the client at once when it aborts: what waits is dropped. To send it first, use `closeSend()`. */
  readonly signal?: AbortSignal | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
  /** Options of grpc-js for the connection, by their gRPC names. */
  readonly channelOptions?: ConnectionOptions["channelOptions"];
}

/** What a client has done so far, in envelopes. What was emitted is always `sent + dropped + queued`. */
export interface IngressStats {
  /** Handed to the transport; in acknowledged mode, acknowledged. */
  readonly sent: number;
  /** Lost in the client: see `onDropped`. */
  readonly dropped: number;
  /** Waiting. */
  readonly queued: number;
  /** How often the connection was lost, or could not be made, and was tried again. */
  readonly reconnects: number;
}

/** The options that a client needs at each turn, checked, with defaults filled in. */
export interface ClientSettings {
  readonly address: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly batchMaxSize: number;
  readonly flushIntervalMs: number;
  readonly maxQueueSize: number;
  readonly maxQueueBytes: number;
  readonly maxBatchBytes: number;
  readonly delivery: "stream" | "acknowledged";
  readonly stallTimeoutMs: number;
  readonly closeTimeoutMs: number;
}

/** @throws TypeError, RangeError for an option that can't be, with its name and value. */
export function clientSettings(options: IngressClientOptions): ClientSettings {
  objectArgument("options", options);
  const delivery = oneOf("delivery", options.delivery ?? "stream", ["stream", "acknowledged"]);
  optionalFunction("onDropped", options.onDropped);
  optionalFunction("onRetryableError", options.onRetryableError);
  optionalSignal("signal", options.signal);
  return {
    address: options.address ?? "localhost:3458",
    tags: options.tags ?? {},
    batchMaxSize: positiveInteger("batchMaxSize", options.batchMaxSize ?? 100),
    flushIntervalMs: positiveMs("flushIntervalMs", options.flushIntervalMs ?? 100),
    maxQueueSize: positiveInteger("maxQueueSize", options.maxQueueSize ?? 100_000),
    maxQueueBytes: positiveInteger("maxQueueBytes", options.maxQueueBytes ?? 64 * 1024 * 1024),
    maxBatchBytes: maxBatchBytes(options.channelOptions),
    delivery,
    stallTimeoutMs: positiveMs("stallTimeoutMs", options.stallTimeoutMs ?? 30_000),
    closeTimeoutMs: positiveMs("closeTimeoutMs", options.closeTimeoutMs ?? 5_000),
  };
}

/** What servers take, or what the connection is made to send, where that is less. */
function maxBatchBytes(channelOptions: IngressClientOptions["channelOptions"]): number {
  const own = channelOptions?.["grpc.max_send_message_length"] ?? -1;
  return own < 0 ? maxMessageBytes : Math.min(own, maxMessageBytes);
}

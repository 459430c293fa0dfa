import {
  checkOptionNames,
  type Logger,
  oneOf,
  optionalBoolean,
  optionalFunction,
  optionalSignal,
  positiveInteger,
  positiveMs,
  timeoutMs,
} from "@loggregator/core";
import { Credentials, type DrainAuthentication } from "./credentials.js";
import type { DrainBinding } from "./drainMessage.js";
import type { DrainReceiverError } from "./errors.js";

/** Options of `createDrainReceiver`. */
export interface DrainReceiverOptions {
  /**
   * The time at which a request is answered with 200.
   *
   * - `"received"`: when its messages are queued. They are lost if the process ends before the loop
   *   has consumed them.
   * - `"consumed"`: when the loop has consumed all of its messages, which is when it requests the
   *   next one. If the loop is left before that, the answer is 503, and the sender repeats all of
   *   them: nothing is lost, but a message may arrive twice.
   *
   * TCP has no acknowledgements: `syslog` and `syslog-tls` only have backpressure.
   *
   * @default "received"
   */
  readonly acknowledge?: "received" | "consumed" | undefined;
  /**
   * The credentials that senders need.
   *
   * @default none: every sender is accepted
   */
  readonly auth?: DrainAuthentication | undefined;
  /**
   * Whether gauges of the same time are joined. A drain sends a message for each metric of a gauge;
   * those with the same source, instance, timestamp and tags become one envelope again. This delays
   * gauges by up to 100 ms. With `acknowledge: "consumed"`, only gauges within one request are
   * joined. Set it if the consumer needs the metrics of a gauge together.
   *
   * @default false
   */
  readonly joinGauges?: boolean | undefined;
  /**
   * The maximum number of queued messages. When it is reached, reading stops, so that senders wait.
   * Raise it to absorb bursts while the consumer is busy, at the cost of memory.
   *
   * @default 1_000
   */
  readonly maxQueueSize?: number | undefined;
  /**
   * The maximum size of a message in bytes. A larger one is invalid, and is skipped without being
   * stored. Raise it if senders write longer messages.
   *
   * @default 262_144 (256 KiB)
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * The maximum size of a request body in bytes, before and after decompression. The agent's
   * batches have 512 KiB plus up to one message. Raise it if senders write larger batches.
   *
   * @default 1_048_576 (1 MiB)
   */
  readonly maxBodyBytes?: number | undefined;
  /**
   * The maximum total size in bytes of bodies that are being read or wait for room in the queue.
   * Further requests are answered with 503, so that the sender repeats them. Raise it if many
   * senders send large bodies at once; lower it if memory is scarce.
   *
   * @default 67_108_864 (64 MiB)
   */
  readonly maxPendingBytes?: number | undefined;
  /**
   * The maximum number of connections of each TCP and TLS server. Further ones are closed. Raise it
   * if more senders are connected at once.
   *
   * @default 1_000
   */
  readonly maxConnections?: number | undefined;
  /**
   * The time in milliseconds within which a message, a body or a TLS handshake must be complete
   * once it has begun. Time in which the receiver does not read does not count. Raise it for
   * senders on slow networks; lower it to disconnect stalled ones sooner.
   *
   * @default 30_000
   */
  readonly receiveTimeoutMs?: number | undefined;
  /**
   * The time in milliseconds after which a TCP or TLS connection without data is closed. Set it
   * only if senders detect closed connections: Cloud Foundry's agent does not, and loses the next
   * message.
   *
   * @default Infinity
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * The maximum time in milliseconds for which `close()` waits for senders to end their
   * connections. Lower it if the process must exit sooner: remaining connections are then
   * destroyed.
   *
   * @default 5_000
   */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * Called for each frame that is not a message, with an `UnmarshalError` and the frame's bytes.
   *
   * @default none: see `logger`
   */
  readonly onInvalid?:
    | ((error: Error, frame: Uint8Array, binding: DrainBinding) => unknown)
    | undefined;
  /**
   * Called for each request that is refused, and each connection that is refused or fails.
   *
   * @default none: see `logger`
   */
  readonly onRefused?: ((error: DrainReceiverError, binding: DrainBinding) => unknown) | undefined;
  /**
   * Closes the receiver immediately when it aborts. Queued messages are dropped.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives log messages.
   *
   * @default the first invalid message or refusal is reported through `process.emitWarning`, unless
   * there is a callback for it; `null` disables this
   */
  readonly logger?: Logger | null | undefined;
}

/** The options with their defaults. */
export interface ReceiverSettings {
  readonly acknowledge: "received" | "consumed";
  readonly credentials: Credentials;
  readonly joinGauges: boolean;
  readonly maxQueueSize: number;
  readonly maxMessageBytes: number;
  readonly maxBodyBytes: number;
  readonly maxPendingBytes: number;
  readonly maxConnections: number;
  readonly receiveTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly closeTimeoutMs: number;
}

/** @throws OptionTypeError, OptionRangeError for an invalid option, with its name and value. */
export function receiverSettings(options: DrainReceiverOptions): ReceiverSettings {
  checkOptionNames<DrainReceiverOptions>("options", options, {
    acknowledge: true,
    auth: true,
    joinGauges: true,
    maxQueueSize: true,
    maxMessageBytes: true,
    maxBodyBytes: true,
    maxPendingBytes: true,
    maxConnections: true,
    receiveTimeoutMs: true,
    idleTimeoutMs: true,
    closeTimeoutMs: true,
    onInvalid: true,
    onRefused: true,
    signal: true,
    logger: true,
  });
  optionalFunction("onInvalid", options.onInvalid);
  optionalFunction("onRefused", options.onRefused);
  optionalSignal("signal", options.signal);
  return {
    acknowledge: oneOf("acknowledge", options.acknowledge ?? "received", ["received", "consumed"]),
    credentials: new Credentials(options.auth),
    joinGauges: optionalBoolean("joinGauges", options.joinGauges, false),
    maxQueueSize: positiveInteger("maxQueueSize", options.maxQueueSize ?? 1_000),
    maxMessageBytes: positiveInteger("maxMessageBytes", options.maxMessageBytes ?? 256 * 1024),
    maxBodyBytes: positiveInteger("maxBodyBytes", options.maxBodyBytes ?? 1024 * 1024),
    maxPendingBytes: positiveInteger("maxPendingBytes", options.maxPendingBytes ?? 64 * 1024 ** 2),
    maxConnections: positiveInteger("maxConnections", options.maxConnections ?? 1_000),
    receiveTimeoutMs: positiveMs("receiveTimeoutMs", options.receiveTimeoutMs ?? 30_000),
    idleTimeoutMs: timeoutMs("idleTimeoutMs", options.idleTimeoutMs ?? Number.POSITIVE_INFINITY),
    closeTimeoutMs: positiveMs("closeTimeoutMs", options.closeTimeoutMs ?? 5_000),
  };
}

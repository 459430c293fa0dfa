import {
  checkOptionNames,
  formatValue,
  integerLimit,
  OptionRangeError,
  optionalBoolean,
  positiveInteger,
  timeoutMs,
} from "@loggregator/core";

/** The maximum size of messages that agents and routers accept, in bytes. */
export const maxMessageBytes = 10 * 1024 * 1024;
/** The maximum length of a gRPC message in bytes: it is a 32-bit number. */
const maxLength = 2 ** 32 - 1;
/** The maximum flow-control window in bytes: it is a 31-bit number. */
const maxWindow = 2 ** 31 - 1;

/** Transport settings of a connection. Each option mentions its name in other gRPC libraries. */
export interface TransportOptions {
  /**
   * The maximum size of a request message in bytes; a larger one fails with RESOURCE_EXHAUSTED.
   * Raise it for servers that accept more. gRPC: `grpc.max_send_message_length`.
   *
   * @default 10 MiB, the limit of agents and routers
   */
  readonly maxSendBytes?: number | undefined;
  /**
   * The maximum size of a response message in bytes, before and after decompression; a larger one
   * fails with RESOURCE_EXHAUSTED. Raise it for servers that send larger messages. gRPC:
   * `grpc.max_receive_message_length`.
   *
   * @default 10 MiB
   */
  readonly maxReceiveBytes?: number | undefined;
  /**
   * The interval between keepalive pings in milliseconds, while calls are open; `Infinity` disables
   * the detection of dead connections. Servers disconnect clients that ping more often than they
   * allow: the forwarder agent allows one ping every 5 minutes, routers and Reverse Log Proxies one
   * every 10 s. If the interval is longer than 20 s, an empty SETTINGS frame, which servers must
   * acknowledge, is sent every 20 s in between. Raise it for servers that allow fewer pings.
   * gRPC: `grpc.keepalive_time_ms`.
   *
   * @default 20_000
   */
  readonly keepaliveIntervalMs?: number | undefined;
  /**
   * The time limit for a reply to a ping in milliseconds. If no data arrives within it, the server
   * is considered dead. Lower it to detect dead connections sooner; raise it for networks with
   * longer pauses. gRPC: `grpc.keepalive_timeout_ms`.
   *
   * @default 20_000
   */
  readonly keepaliveTimeoutMs?: number | undefined;
  /**
   * The HTTP/2 flow-control window in bytes: the amount of unread response data that the server may
   * send. A larger window increases throughput, and memory use while the reader is busy. Raise it
   * for connections with high latency. gRPC: `grpc-node.flow_control_window`.
   *
   * @default 1 MiB
   */
  readonly readWindowBytes?: number | undefined;
  /**
   * The number of request bytes that may be waiting to be written to the socket before a call
   * accepts more. A larger value leads to fewer and larger writes. Lower it if many concurrent
   * calls use too much memory.
   *
   * @default 256 KiB
   */
  readonly writeWatermarkBytes?: number | undefined;
  /**
   * Whether to use the proxy that `https_proxy` names, unless `no_proxy` lists the server. Loopback
   * addresses are always connected to directly. Set it to false if the proxy cannot reach the
   * server. gRPC: `grpc.enable_http_proxy`.
   *
   * @default true
   */
  readonly useProxy?: boolean | undefined;
}

/** Transport options by their gRPC names. Other options of gRPC libraries do not apply here. */
export interface ChannelOptions {
  /**
   * The same as `maxSendBytes`.
   *
   * @default 10 MiB
   */
  readonly "grpc.max_send_message_length"?: number | undefined;
  /**
   * The same as `maxReceiveBytes`.
   *
   * @default 10 MiB
   */
  readonly "grpc.max_receive_message_length"?: number | undefined;
  /**
   * The same as `keepaliveIntervalMs`.
   *
   * @default 20_000
   */
  readonly "grpc.keepalive_time_ms"?: number | undefined;
  /**
   * The same as `keepaliveTimeoutMs`.
   *
   * @default 20_000
   */
  readonly "grpc.keepalive_timeout_ms"?: number | undefined;
  /**
   * The same as `readWindowBytes`.
   *
   * @default 1 MiB
   */
  readonly "grpc-node.flow_control_window"?: number | undefined;
  /**
   * The same as `useProxy`: 0 or 1.
   *
   * @default 1
   */
  readonly "grpc.enable_http_proxy"?: number | undefined;
}

/** Transport options with their defaults filled in. */
export type TransportSettings = {
  readonly [Name in keyof TransportOptions]-?: NonNullable<TransportOptions[Name]>;
};

/**
 * Checks transport options and fills in the defaults. They are given by their own names, which take
 * precedence, or by their gRPC names.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid or unknown option.
 */
export function transportSettings(
  options: TransportOptions,
  channelOptions: ChannelOptions = {},
): TransportSettings {
  checkOptionNames<ChannelOptions>("channelOptions", channelOptions, {
    "grpc.max_send_message_length": true,
    "grpc.max_receive_message_length": true,
    "grpc.keepalive_time_ms": true,
    "grpc.keepalive_timeout_ms": true,
    "grpc-node.flow_control_window": true,
    "grpc.enable_http_proxy": true,
  });
  /** Checks the option under the name with which it was passed. */
  const setting = <T>(
    name: keyof TransportOptions,
    grpcName: keyof ChannelOptions,
    check: (name: string, value: unknown) => T,
    fallback: T,
  ): T => {
    if (options[name] !== undefined) {
      return check(name, options[name]);
    }
    const value = channelOptions[grpcName];
    return value === undefined ? fallback : check(`channelOptions["${grpcName}"]`, value);
  };
  const { writeWatermarkBytes = 256 * 1024 } = options;
  return {
    maxSendBytes: setting(
      "maxSendBytes",
      "grpc.max_send_message_length",
      messageBytes,
      maxMessageBytes,
    ),
    maxReceiveBytes: setting(
      "maxReceiveBytes",
      "grpc.max_receive_message_length",
      messageBytes,
      maxMessageBytes,
    ),
    keepaliveIntervalMs: setting(
      "keepaliveIntervalMs",
      "grpc.keepalive_time_ms",
      timeoutMs,
      20_000,
    ),
    keepaliveTimeoutMs: setting(
      "keepaliveTimeoutMs",
      "grpc.keepalive_timeout_ms",
      timeoutMs,
      20_000,
    ),
    readWindowBytes: setting(
      "readWindowBytes",
      "grpc-node.flow_control_window",
      windowBytes,
      1024 * 1024,
    ),
    writeWatermarkBytes: positiveInteger("writeWatermarkBytes", writeWatermarkBytes),
    useProxy: setting("useProxy", "grpc.enable_http_proxy", flag, true),
  };
}

/** Checks a limit in bytes. In gRPC's options, -1 stands for no limit. */
function messageBytes(name: string, value: unknown): number {
  const limit = value === -1 ? Number.POSITIVE_INFINITY : integerLimit(name, value, 1);
  return Math.min(limit, maxLength);
}

function windowBytes(name: string, value: unknown): number {
  const bytes = positiveInteger(name, value);
  if (bytes <= maxWindow) {
    return bytes;
  }
  throw new OptionRangeError(name, `a positive integer up to ${maxWindow}`, formatValue(value));
}

/** Parses a gRPC option that is 0 or 1. */
function flag(name: string, value: unknown): boolean {
  return value === 0 || value === 1 ? value === 1 : optionalBoolean(name, value, true);
}

import {
  checkOptionNames,
  type LogRecordOptions,
  type LogRecordSettings,
  logRecordOptionNames,
  logRecordSettings,
} from "@loggregator/core";
import type { IngressClientOptions } from "@loggregator/ingress";
import type TransportStream from "winston-transport";

/** Options of a `LoggregatorTransport`. */
export interface LoggregatorTransportOptions
  extends LogRecordOptions,
    Pick<
      TransportStream.TransportStreamOptions,
      "format" | "level" | "silent" | "handleExceptions" | "handleRejections"
    > {
  /**
   * Options of the transport's `IngressClient`.
   *
   * @default those of `IngressClient.fromEnv()`
   */
  readonly ingress?: Partial<IngressClientOptions> | undefined;
}

/** @throws OptionTypeError for an invalid or unknown option. */
export function transportSettings(options: LoggregatorTransportOptions): LogRecordSettings {
  checkOptionNames<LoggregatorTransportOptions>("options", options, {
    ...logRecordOptionNames,
    ingress: true,
    format: true,
    level: true,
    silent: true,
    handleExceptions: true,
    handleRejections: true,
  });
  return logRecordSettings(options);
}

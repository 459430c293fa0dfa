import {
  checkOptionNames,
  formatValue,
  type LogRecordOptions,
  type LogRecordSettings,
  logRecordOptionNames,
  logRecordSettings,
  type OptionNames,
  OptionTypeError,
} from "@loggregator/core";
import type { IngressClientOptions, TlsPaths } from "@loggregator/ingress";

/** How a line of pino becomes a log envelope. */
export interface LineOptions extends LogRecordOptions {
  /**
   * The payload of an envelope: `line` is the whole line, in JSON as pino writes it, and `message`
   * its message alone. A line without a message is always sent whole.
   *
   * @default "line"
   */
  readonly payload?: "line" | "message" | undefined;
  /**
   * The lowest level, as pino's number, of logs for stderr. Those below are for stdout. Lower it to
   * 40 to send warnings to stderr as well.
   *
   * @default 50 (error)
   */
  readonly stderrLevel?: number | undefined;
}

/**
 * The options of an `IngressClient` in another thread: values that can be cloned, and the paths of
 * the certificates, which are read again for each new connection.
 */
export interface TransportIngressOptions
  extends Omit<
    IngressClientOptions,
    "tls" | "signal" | "logger" | "onDropped" | "onRetryableError"
  > {
  /**
   * The paths of the certificates and the key.
   *
   * @default `LOGGREGATOR_CA_PATH`, `LOGGREGATOR_CERT_PATH` and `LOGGREGATOR_KEY_PATH`, with the
   * address in `LOGGREGATOR_INGRESS_ADDRESS`
   */
  readonly tls?: TlsPaths | undefined;
}

/** Options of the transport. */
export interface TransportOptions extends LineOptions {
  /**
   * The connection.
   *
   * @default that of `IngressClient.fromEnv()`
   */
  readonly ingress?: TransportIngressOptions | undefined;
}

export const lineOptionNames: OptionNames<LineOptions> = {
  ...logRecordOptionNames,
  stderrLevel: true,
};

/** Checked options, with defaults. */
export interface LineSettings extends LogRecordSettings {
  readonly stderrLevel: number;
}

/** @throws OptionTypeError for an invalid or unknown option. */
export function lineSettings<T extends LineOptions>(
  options: T,
  names: OptionNames<T>,
): LineSettings {
  checkOptionNames<T>("options", options, names);
  const { stderrLevel = 50 } = options;
  if (typeof stderrLevel !== "number" || Number.isNaN(stderrLevel)) {
    throw new OptionTypeError("stderrLevel", "a number", formatValue(stderrLevel));
  }
  return { ...logRecordSettings(options), stderrLevel };
}

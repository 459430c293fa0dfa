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

/** How pino's lines are converted to log envelopes. */
export interface LineOptions extends LogRecordOptions {
  /**
   * The payload of an envelope: `line` is the whole JSON line, and `message` only its message. A
   * line without a message is always sent whole.
   *
   * @default "line"
   */
  readonly payload?: "line" | "message" | undefined;
  /**
   * The lowest level of logs for stderr, as one of pino's numbers. Logs of lower levels are for
   * stdout. Set it to 40 to send warnings to stderr as well.
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
   * The options of the connection.
   *
   * @default those of `IngressClient.fromEnv()`
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

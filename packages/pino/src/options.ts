import {
  checkOptionNames,
  FieldTags,
  formatValue,
  type OptionNames,
  OptionTypeError,
  oneOf,
  stringArgument,
} from "@loggregator/core";
import type { IngressClientOptions, TlsPaths } from "@loggregator/ingress";

/** How a line of pino becomes a log envelope. */
export interface LineOptions {
  /**
   * The source id of every log.
   *
   * @default ""
   */
  readonly sourceId?: string | undefined;
  /**
   * The instance id of every log.
   *
   * @default ""
   */
  readonly instanceId?: string | undefined;
  /**
   * The part of the source that logs, such as `APP/PROC/WEB`: the tag `source_type`.
   *
   * @default none
   */
  readonly sourceType?: string | undefined;
  /**
   * Names of fields that become tags, such as `["module", "req.id"]`. Text is taken as it is, other
   * values as JSON.
   *
   * @default none
   */
  readonly tagFields?: readonly string[] | undefined;
  /**
   * The payload of an envelope: `line` is the whole line, in JSON as pino writes it, and `message`
   * its message alone. A line without a message is always sent whole.
   *
   * @default "line"
   */
  readonly payload?: "line" | "message" | undefined;
  /**
   * The lowest level, as pino's number, of logs for stderr. Those below are for stdout.
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
  sourceId: true,
  instanceId: true,
  sourceType: true,
  tagFields: true,
  payload: true,
  stderrLevel: true,
};

/** Checked options, with defaults. */
export interface LineSettings {
  readonly sourceId: string;
  readonly instanceId: string;
  readonly sourceType: string | undefined;
  readonly fieldTags: FieldTags;
  readonly payload: "line" | "message";
  readonly stderrLevel: number;
}

/** @throws OptionTypeError for an invalid or unknown option. */
export function lineSettings<T extends LineOptions>(
  options: T,
  names: OptionNames<T>,
): LineSettings {
  checkOptionNames<T>("options", options, names);
  const { sourceType, stderrLevel = 50 } = options;
  if (typeof stderrLevel !== "number" || Number.isNaN(stderrLevel)) {
    throw new OptionTypeError("stderrLevel", "a number", formatValue(stderrLevel));
  }
  return {
    sourceId: stringArgument("sourceId", options.sourceId ?? ""),
    instanceId: stringArgument("instanceId", options.instanceId ?? ""),
    sourceType: sourceType === undefined ? undefined : stringArgument("sourceType", sourceType),
    fieldTags: new FieldTags("tagFields", options.tagFields),
    payload: oneOf("payload", options.payload ?? "line", ["line", "message"]),
    stderrLevel,
  };
}

import { checkOptionNames, FieldTags, oneOf, stringArgument } from "@loggregator/core";
import type { IngressClientOptions } from "@loggregator/ingress";
import type TransportStream from "winston-transport";

/** Options of a `LoggregatorTransport`. */
export interface LoggregatorTransportOptions
  extends Pick<
    TransportStream.TransportStreamOptions,
    "format" | "level" | "silent" | "handleExceptions" | "handleRejections"
  > {
  /**
   * Options of the transport's `IngressClient`.
   *
   * @default those of `IngressClient.fromEnv()`
   */
  readonly ingress?: Partial<IngressClientOptions> | undefined;
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
   * The payload of an envelope: `line` is the line as the logger's format writes it, and `message`
   * its message alone.
   *
   * @default "line"
   */
  readonly payload?: "line" | "message" | undefined;
}

/** Checked options, with defaults. */
export interface TransportSettings {
  readonly sourceId: string;
  readonly instanceId: string;
  readonly sourceType: string | undefined;
  readonly fieldTags: FieldTags;
  readonly payload: "line" | "message";
}

/** @throws OptionTypeError for an invalid or unknown option. */
export function transportSettings(options: LoggregatorTransportOptions): TransportSettings {
  checkOptionNames<LoggregatorTransportOptions>("options", options, {
    ingress: true,
    sourceId: true,
    instanceId: true,
    sourceType: true,
    tagFields: true,
    payload: true,
    format: true,
    level: true,
    silent: true,
    handleExceptions: true,
    handleRejections: true,
  });
  const { sourceType } = options;
  return {
    sourceId: stringArgument("sourceId", options.sourceId ?? ""),
    instanceId: stringArgument("instanceId", options.instanceId ?? ""),
    sourceType: sourceType === undefined ? undefined : stringArgument("sourceType", sourceType),
    fieldTags: new FieldTags("tagFields", options.tagFields),
    payload: oneOf("payload", options.payload ?? "line", ["line", "message"]),
  };
}

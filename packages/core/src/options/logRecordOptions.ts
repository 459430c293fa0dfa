import { FieldTags } from "../text/fieldTags.js";
import type { OptionNames } from "./checkOptionNames.js";
import { oneOf, stringArgument } from "./checks.js";

/** How records of a logging library are converted to log envelopes. */
export interface LogRecordOptions {
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
   * Names of fields that become tags, such as `["module", "req.id"]`. Strings are used unchanged,
   * other values as JSON.
   *
   * @default none
   */
  readonly tagFields?: readonly string[] | undefined;
  /**
   * The payload of an envelope: `line` is the formatted line, and `message` only the message of the
   * record.
   *
   * @default "line"
   */
  readonly payload?: "line" | "message" | undefined;
}

/** The names of `LogRecordOptions`, for `checkOptionNames`. */
export const logRecordOptionNames: OptionNames<LogRecordOptions> = {
  sourceId: true,
  instanceId: true,
  sourceType: true,
  tagFields: true,
  payload: true,
};

/** Checked options, with defaults. */
export interface LogRecordSettings {
  readonly sourceId: string;
  readonly instanceId: string;
  readonly sourceType: string | undefined;
  readonly fieldTags: FieldTags;
  readonly payload: "line" | "message";
}

/** @throws OptionTypeError for an invalid option. */
export function logRecordSettings(options: LogRecordOptions): LogRecordSettings {
  const { sourceType } = options;
  return {
    sourceId: stringArgument("sourceId", options.sourceId ?? ""),
    instanceId: stringArgument("instanceId", options.instanceId ?? ""),
    sourceType: sourceType === undefined ? undefined : stringArgument("sourceType", sourceType),
    fieldTags: new FieldTags("tagFields", options.tagFields),
    payload: oneOf("payload", options.payload ?? "line", ["line", "message"]),
  };
}

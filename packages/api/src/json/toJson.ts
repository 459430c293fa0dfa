import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import { type FormatOptions, formatEnvelope } from "./formatEnvelope.js";

/**
 * An envelope as a plain object that `JSON.stringify` accepts. Fields with default values are
 * omitted.
 */
export interface EnvelopeJson {
  /** UNIX nanoseconds. */
  readonly timestamp?: string;
  readonly source_id?: string;
  readonly instance_id?: string;
  readonly deprecated_tags?: Readonly<
    Record<
      string,
      { readonly text?: string; readonly integer?: string; readonly decimal?: DoubleJson }
    >
  >;
  readonly tags?: Readonly<Record<string, string>>;
  readonly log?: {
    /** The bytes as base64. */
    readonly payload?: string;
    readonly type?: "OUT" | "ERR" | number;
  };
  readonly counter?: { readonly name?: string; readonly delta?: string; readonly total?: string };
  readonly gauge?: {
    readonly metrics?: Readonly<
      Record<string, { readonly unit?: string; readonly value?: DoubleJson }>
    >;
  };
  readonly timer?: { readonly name?: string; readonly start?: string; readonly stop?: string };
  readonly event?: { readonly title?: string; readonly body?: string };
}

/** A double. Values that JSON cannot represent are strings. */
type DoubleJson = number | "NaN" | "Infinity" | "-Infinity";

/**
 * Returns an envelope as a plain object that `JSON.stringify` accepts, in the form of the RLP
 * gateway: see `formatEnvelope`. Use it for loggers and databases, which cannot store bigints.
 *
 * @throws TypeError, RangeError for an invalid or unknown option, and for fields of the wrong type or
 * out of range.
 */
export function toJson(envelope: Envelope, options: FormatOptions = {}): EnvelopeJson {
  return JSON.parse(formatEnvelope(envelope, options)) as EnvelopeJson;
}

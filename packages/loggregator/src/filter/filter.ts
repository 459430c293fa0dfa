import type { Level } from "../text/level.js";

/** The names of the types of envelopes in filters, options and selectors. */
export const envelopeTypes = ["log", "counter", "gauge", "timer", "event"] as const;

export type EnvelopeType = (typeof envelopeTypes)[number];

/**
 * A filter: conditions that must all hold. Conditions of one kind that name an `app`, `source`,
 * `instance`, `type` or `name` are alternatives, unless they are negated.
 */
export type Filter = readonly Condition[];

export type Condition = (
  | {
      /** The text, or the name of the metric or event, or the source type of a log. */
      readonly kind: "text";
      readonly pattern: RegExp;
      /** Matches the value of a tag instead. Default: tags are not searched. */
      readonly tagPattern?: RegExp | undefined;
    }
  | {
      /**
       * `app`: the name of the app, or the source id. `source`: also the instance and the space, as
       * `checkout/2 (prod)`. `name`: the name of a metric.
       */
      readonly kind: "app" | "source" | "instance" | "name";
      readonly pattern: RegExp;
    }
  | { readonly kind: "type"; readonly type: EnvelopeType }
  /** A tag, or a field of a log line that is a JSON object. Without a pattern, any value. */
  | { readonly kind: "tag" | "field"; readonly name: string; readonly pattern?: RegExp | undefined }
  /** At least this level, see `levelOf`. */
  | { readonly kind: "level"; readonly level: Level }
  /** Not before (`since`) or before (`until`) a time, in nanoseconds since the UNIX epoch. */
  | { readonly kind: "since" | "until"; readonly time: bigint }
) & {
  /** Whether the condition must not hold. */
  readonly negated?: boolean | undefined;
};

import { checkEnvelopes, type Envelope } from "@loggregator/api";
import { EnvelopeCompleter } from "@loggregator/conversion";
import {
  checkOptionNames,
  nanosecondsArgument,
  type OptionNames,
  OptionTypeError,
  oneOf,
  optionalBoolean,
} from "@loggregator/core";
import { type OtlpRequests, otlpRequests } from "../otlpRequests.js";
import { cfMapping } from "./cfMapping.js";
import { Instances } from "./instances.js";
import { receiverMapping, receiverScope } from "./receiverMapping.js";
import { semconvMapping, semconvScope } from "./semconvMapping.js";

const modes = ["semconv", "cf", "receiver"] as const;

/** A mapping from envelopes to OTLP. */
export type OtlpMode = (typeof modes)[number];

/** Options of `toOtlp`. */
export interface ToOtlpOptions {
  /**
   * The mapping:
   *
   * - `"semconv"`: OpenTelemetry's semantic conventions, with one resource per source and trace
   *   context on log records.
   * - `"cf"`: exactly what Cloud Foundry's forwarder agent sends to its collector.
   * - `"receiver"`: what the OpenTelemetry Collector's cloudfoundryreceiver creates.
   *
   * @default "semconv"
   */
  readonly mode?: OtlpMode | undefined;
  /**
   * The time at which the envelopes were received, as UNIX nanoseconds or a Date; in the mode
   * `"receiver"`, the start of the receiver, which the receiver writes instead.
   *
   * @default the current time
   */
  readonly observedTime?: bigint | Date | undefined;
  /**
   * Completes the envelopes before they are mapped: source ids, deprecated tags, and the running
   * totals of counters. Pass one instance to all calls if counters come without totals. Not used in
   * the mode `"receiver"`.
   *
   * @default a new one for each call
   */
  readonly completer?: EnvelopeCompleter | undefined;
  /**
   * In the mode `"receiver"`, writes some attributes to the resource, as the receiver does with its
   * feature gate `cloudfoundry.resourceAttributes.allow`.
   *
   * @default false
   */
  readonly resourceAttributes?: boolean | undefined;
}

const optionNames: OptionNames<ToOtlpOptions> = {
  mode: true,
  observedTime: true,
  completer: true,
  resourceAttributes: true,
};

/**
 * Maps envelopes to OTLP requests, one for each signal that has data. The arguments are not changed.
 *
 * Text that is not valid UTF-8 is decoded with U+FFFD. Envelopes that a mode cannot represent, such
 * as timers without span ids, are omitted.
 *
 * @throws OptionTypeError, OptionRangeError for invalid options, or envelopes with invalid fields.
 */
export function toOtlp(envelopes: readonly Envelope[], options: ToOtlpOptions = {}): OtlpRequests {
  checkEnvelopes("envelopes", envelopes);
  checkOptionNames("options", options, optionNames);
  const { observedTime, completer = new EnvelopeCompleter() } = options;
  const mode = oneOf("mode", options.mode ?? "semconv", modes);
  const observed =
    observedTime === undefined ? now() : nanosecondsArgument("observedTime", observedTime);
  const resourceAttributes = optionalBoolean(
    "resourceAttributes",
    options.resourceAttributes,
    false,
  );
  if (mode === "receiver") {
    return otlpRequests(receiverMapping(envelopes, observed, resourceAttributes), receiverScope);
  }
  if (!(completer instanceof EnvelopeCompleter)) {
    throw new OptionTypeError("completer", "an EnvelopeCompleter", typeof completer);
  }
  const completed = envelopes.map((envelope) => completer.complete(envelope));
  return mode === "cf"
    ? otlpRequests(cfMapping(completed, observed))
    : otlpRequests(semconvMapping(completed, observed, new Instances(false)), semconvScope);
}

/** The two steps of `toOtlp`, for envelopes that are queued between them. */
export interface SharingMapper {
  /** Completes an envelope, once. */
  complete(envelope: Envelope): Envelope;
  /** Maps completed envelopes, any number of times. */
  map(completed: readonly Envelope[]): OtlpRequests;
}

/**
 * Returns `toOtlp` with these options, in two steps and without checks of the envelopes. Its requests
 * must not be changed: they share attributes with later ones. In the mode `"receiver"`, the call is the
 * start of the receiver.
 */
export function sharingMapper(
  options: Pick<ToOtlpOptions, "mode" | "completer" | "resourceAttributes">,
): SharingMapper {
  const { completer = new EnvelopeCompleter(), mode, resourceAttributes } = options;
  toOtlp([], { mode, completer, resourceAttributes });
  const complete = (envelope: Envelope) => completer.complete(envelope);
  if (mode === "receiver") {
    const start = now();
    return {
      complete: (envelope) => envelope,
      map: (envelopes) =>
        otlpRequests(receiverMapping(envelopes, start, resourceAttributes === true), receiverScope),
    };
  }
  if (mode === "cf") {
    return { complete, map: (completed) => otlpRequests(cfMapping(completed, now())) };
  }
  const instances = new Instances(true);
  return {
    complete,
    map: (completed) => otlpRequests(semconvMapping(completed, now(), instances), semconvScope),
  };
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

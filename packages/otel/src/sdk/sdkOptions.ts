import type { Emitter, Envelope } from "@loggregator/api";
import {
  checkOptionNames,
  type FlushOptions,
  formatValue,
  OptionTypeError,
  objectArgument,
  stringArgument,
  timeoutMs,
} from "@loggregator/core";

/** Accepts envelopes, as `IngressClient` and `DrainSender` do. */
export interface EnvelopeEmitter {
  /** Emits an envelope, without waiting for the network. */
  emit(envelope: Envelope): void;
  /**
   * Sends the queue. Called by `forceFlush` and `shutdown`, with a signal that aborts after
   * `flushTimeoutMs`.
   */
  flush?(options?: FlushOptions): Promise<unknown>;
}

/** Options of the exporters for OpenTelemetry's SDK. */
export interface SdkExporterOptions {
  /**
   * The source id of all envelopes, in Cloud Foundry the GUID of the app. A `service.name` that it
   * replaces becomes a tag.
   *
   * @default the resource's cloudfoundry.app.id or service.name
   */
  readonly sourceId?: string | undefined;
  /**
   * The instance id of all envelopes. A `service.instance.id` that it replaces becomes a tag.
   *
   * @default the resource's `service.instance.id`
   */
  readonly instanceId?: string | undefined;
  /**
   * Tags of all envelopes. They override attributes of the same name.
   *
   * @default none
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * The maximum duration of `forceFlush` and `shutdown` in milliseconds, or `Infinity`. Limits the
   * wait while the emitter's server is unreachable.
   *
   * @default 5_000
   */
  readonly flushTimeoutMs?: number | undefined;
}

/**
 * Checks the arguments of an exporter.
 *
 * @param emits The methods that the emitter may have instead of `emit`.
 * @throws OptionTypeError, OptionRangeError
 */
export function checkExporterArguments(
  emitter: unknown,
  emits: readonly (keyof Emitter)[],
  options: SdkExporterOptions,
): void {
  const has = (name: string) =>
    typeof (emitter as Record<string, unknown> | undefined)?.[name] === "function";
  if (!has("emit") && (emits.length === 0 || !emits.every(has))) {
    const methods = ["emit", emits.join(" and ")].filter((text) => text !== "").join(", or ");
    throw new OptionTypeError("emitter", `an object with ${methods}`, formatValue(emitter));
  }
  checkOptionNames<SdkExporterOptions>("options", options, {
    sourceId: true,
    instanceId: true,
    tags: true,
    flushTimeoutMs: true,
  });
  for (const name of ["sourceId", "instanceId"] as const) {
    if (options[name] !== undefined) {
      stringArgument(name, options[name]);
    }
  }
  if (options.flushTimeoutMs !== undefined) {
    timeoutMs("flushTimeoutMs", options.flushTimeoutMs);
  }
  const { tags = {} } = options;
  objectArgument("tags", tags);
  for (const [name, value] of Object.entries(tags)) {
    stringArgument(`tags[${formatValue(name)}]`, value);
  }
}

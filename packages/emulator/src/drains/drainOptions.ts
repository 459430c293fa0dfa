import {
  checkOptionNames,
  formatValue,
  OptionTypeError,
  oneOf,
  stringArgument,
} from "@loggregator/core";
import type { DrainSenderTls } from "@loggregator/drain";
import { isStringArray } from "../isStringArray.js";

/** The kind of data that a drain sends. */
export type DrainData = "logs" | "metrics" | "traces" | "all";

/** A drain of the emulated syslog agent. */
export interface EmulatedDrain {
  /** `https://`, `https-batch://`, `syslog-tls://` or `syslog://`. */
  readonly url: string;
  /**
   * The data to send: logs and events, counters and gauges, timers, or all of them.
   *
   * @default "logs"
   */
  readonly drainData?: DrainData | undefined;
  /**
   * Only logs whose source type begins with one of these, such as `APP` or `RTR`.
   *
   * @default none: all logs
   */
  readonly includeLogTypes?: readonly string[] | undefined;
  /**
   * All logs but those whose source type begins with one of these. Excludes `includeLogTypes`.
   *
   * @default none: logs are not excluded
   */
  readonly excludeLogTypes?: readonly string[] | undefined;
  /** Only envelopes of this source, as a drain that is bound to an app. @default all sources */
  readonly sourceId?: string | undefined;
  /** TLS settings of the sender. @default the emulator's authority, and its client certificate */
  readonly tls?: DrainSenderTls | undefined;
}

const drainData: readonly DrainData[] = ["logs", "metrics", "traces", "all"];

/** @throws OptionTypeError for an invalid list. URLs are checked when the senders are created. */
export function checkDrains(drains: unknown): readonly EmulatedDrain[] {
  if (!Array.isArray(drains)) {
    throw new OptionTypeError("drains", "an array of drains", formatValue(drains));
  }
  for (const [index, drain] of drains.entries()) {
    const name = `drains[${index}]`;
    checkOptionNames<EmulatedDrain>(name, drain, {
      url: true,
      drainData: true,
      includeLogTypes: true,
      excludeLogTypes: true,
      sourceId: true,
      tls: true,
    });
    const { includeLogTypes, excludeLogTypes, sourceId } = drain as EmulatedDrain;
    stringArgument(`${name}.url`, drain.url);
    oneOf(`${name}.drainData`, drain.drainData ?? "logs", drainData);
    if (sourceId !== undefined) {
      stringArgument(`${name}.sourceId`, sourceId);
    }
    for (const [option, types] of Object.entries({ includeLogTypes, excludeLogTypes })) {
      if (types !== undefined && !isStringArray(types)) {
        const expected = "an array of source types";
        throw new OptionTypeError(`${name}.${option}`, expected, formatValue(types));
      }
    }
    if (includeLogTypes !== undefined && excludeLogTypes !== undefined) {
      const expected = "undefined if includeLogTypes is set";
      throw new OptionTypeError(`${name}.excludeLogTypes`, expected, "an array");
    }
  }
  return drains as readonly EmulatedDrain[];
}

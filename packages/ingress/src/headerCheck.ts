import type { HeaderCheck } from "@loggregator/api";
import {
  emitWarning,
  formatValue,
  type Logger,
  OptionRangeError,
  safeLogger,
} from "@loggregator/core";

const unsafeId = /[^\x21-\x7e]/;
const unsafeName = /[^\x21-\x7e]|[="\]]/;

/**
 * Creates a check for headers that syslog cannot carry, see "log-cache" in docs/protocol.md.
 *
 * @param mode Whether it warns of the first one, or throws an OptionRangeError for each. Undefined is
 * returned for "allow".
 * @param logger The option as the user gave it.
 */
export function headerCheck(
  mode: "warn" | "reject" | "allow",
  logger: Logger | null | undefined,
): HeaderCheck | undefined {
  if (mode === "allow") {
    return undefined;
  }
  let warned = false;
  return (sourceId, instanceId, tagNames) => {
    if (warned) {
      return;
    }
    const error = firstUnsafe(sourceId, instanceId, tagNames);
    if (error === undefined) {
      return;
    }
    if (mode === "reject") {
      throw error;
    }
    warned = true;
    safeLogger(logger).warn(error.message);
    if (logger === undefined) {
      emitWarning(`ingress client: ${error.message} (set unsafeHeaders to reject or allow it)`);
    }
  };
}

function firstUnsafe(
  sourceId: string,
  instanceId: string,
  tagNames: readonly string[],
): OptionRangeError | undefined {
  let error = check("sourceId", sourceId, unsafeId) ?? check("instanceId", instanceId, unsafeId);
  for (const name of tagNames) {
    error ??= check("the name of a tag", name, unsafeName);
  }
  return error;
}

function check(name: string, value: string, unsafe: RegExp): OptionRangeError | undefined {
  if (!unsafe.test(value)) {
    return undefined;
  }
  const expected = "of characters that syslog can carry";
  const received = formatValue(value);
  return new OptionRangeError(
    name,
    expected,
    received,
    `${name} must be ${expected}, got ${received}: a syslog agent cannot send it, and delays all that its VM sends to log-cache for about two minutes`,
  );
}

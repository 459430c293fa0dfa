import { emitWarning } from "#emitWarning";
import { oneOf } from "../options/checks.js";
import { OptionRangeError } from "../options/optionError.js";
import { type Logger, safeLogger } from "../reporting/logger.js";
import { formatValue } from "../text/formatValue.js";

/** How a client treats headers that syslog cannot carry. */
export type UnsafeHeaders = "warn" | "reject" | "allow";

/** The parts of an envelope's header that syslog may be unable to carry. */
export interface EnvelopeHeader {
  readonly sourceId: string;
  /** The agent's source id for envelopes whose `sourceId` is empty. */
  readonly origin: string;
  readonly instanceId: string;
  /** The names of all tags, deprecated ones included: the agent turns these into tags. */
  readonly tagNames: readonly string[];
}

/** Checks a header. Throws an `OptionRangeError` for an unsafe one if the mode is "reject". */
export type HeaderCheck = (header: EnvelopeHeader) => void;

/** Options of `headerCheck`. */
export interface HeaderCheckOptions {
  /** The subject of the warning, such as "ingress client localhost:3458". */
  readonly subject: string;
  /**
   * The option as the user passed it.
   *
   * @default "warn"
   */
  readonly unsafeHeaders: UnsafeHeaders | undefined;
  /** The option as the user passed it. */
  readonly logger: Logger | null | undefined;
}

const unsafeId = /[^\x21-\x7e]/;
const unsafeName = /[^\x21-\x7e]|[="\]]/;

/**
 * Returns a check for headers that syslog cannot carry, see "log-cache" in docs/protocol.md. It
 * warns about the first one, or throws an OptionRangeError for each. Returns undefined for "allow".
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option.
 */
export function headerCheck({
  subject,
  unsafeHeaders = "warn",
  logger,
}: HeaderCheckOptions): HeaderCheck | undefined {
  const mode = oneOf("unsafeHeaders", unsafeHeaders, ["warn", "reject", "allow"]);
  if (mode === "allow") {
    return undefined;
  }
  const log = safeLogger(logger);
  let warned = false;
  return (header) => {
    if (warned) {
      return;
    }
    const error = firstUnsafe(header);
    if (error === undefined) {
      return;
    }
    if (mode === "reject") {
      throw error;
    }
    warned = true;
    log.warn(error.message);
    if (logger === undefined) {
      emitWarning(`${subject}: ${error.message} (set unsafeHeaders to reject or allow it)`);
    }
  };
}

function firstUnsafe({
  sourceId,
  origin,
  instanceId,
  tagNames,
}: EnvelopeHeader): OptionRangeError | undefined {
  let error =
    (sourceId === ""
      ? check("origin", origin, unsafeId, "origin (the source id of envelopes without one)")
      : check("sourceId", sourceId, unsafeId)) ?? check("instanceId", instanceId, unsafeId);
  for (const name of tagNames) {
    error ??= check("the name of a tag", name, unsafeName);
  }
  return error;
}

function check(
  name: string,
  value: string,
  unsafe: RegExp,
  subject = name,
): OptionRangeError | undefined {
  if (!unsafe.test(value)) {
    return undefined;
  }
  const expected = "only characters that syslog can carry";
  const received = formatValue(value);
  return new OptionRangeError(
    name,
    expected,
    received,
    `${subject} must contain ${expected}, got ${received}: a syslog agent cannot send it, and delays everything that its VM sends to log-cache for about two minutes`,
  );
}

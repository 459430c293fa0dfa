import { emitWarning } from "#emitWarning";
import { guardedCallback } from "./invokeCallback.js";
import { type Logger, safeLogger } from "./logger.js";

/** Options of `dropNotice`. */
export interface DropNoticeOptions {
  /** The subject of the warning, such as "ingress client localhost:3458". */
  readonly subject: string;
  /** The option as the user passed it. */
  readonly logger: Logger | null | undefined;
  /**
   * The option as the user passed it.
   *
   * @default none
   */
  readonly onDropped?: ((count: number) => unknown) | undefined;
  /**
   * Why an open client drops envelopes, for the warning: "the queue was full".
   *
   * @default none
   */
  readonly reason?: string | undefined;
  /**
   * Returns true once the user has closed the client: drops are then expected.
   *
   * @default () => false
   */
  readonly isClosed?: (() => boolean) | undefined;
}

/**
 * Returns a function that reports dropped envelopes to the logger and to `onDropped`. With neither,
 * it reports the first ones through `process.emitWarning`, in browsers through `console.warn`: no
 * client loses envelopes silently by default. `logger: null` disables this.
 *
 * The second argument of the returned function is the message text. Default: "dropped 3 envelopes".
 *
 * @throws OptionTypeError if an option has the wrong type.
 */
export function dropNotice({
  subject,
  logger,
  onDropped,
  reason,
  isClosed = () => false,
}: DropNoticeOptions): (count: number, text?: string) => void {
  const log = safeLogger(logger);
  const callback = guardedCallback("onDropped", onDropped, log);
  let warns = logger === undefined && onDropped === undefined;
  const because = reason === undefined ? "" : ` because ${reason}`;
  return (count, text = `dropped ${count} ${count === 1 ? "envelope" : "envelopes"}`) => {
    log.warn(text);
    callback(count);
    if (warns && !isClosed()) {
      warns = false;
      emitWarning(
        `${subject}: ${text}${because} (pass onDropped or a logger to see all drops, or logger: null to disable this warning)`,
      );
    }
  };
}

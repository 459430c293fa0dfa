import {
  checkOptionNames,
  formatValue,
  optionalFunction,
  positiveInteger,
} from "../checkOptions.js";
import type { UnmarshalError } from "../errors.js";

/** The framing of messages in a stream. */
export type Framing = "octet-counting" | "newline" | "auto";

/** Options of `readFrom`. */
export interface ReadFromOptions {
  /**
   * The framing of messages:
   *
   * - `"octet-counting"`: `<length> <message>`. Line ends and NUL bytes between frames are skipped.
   * - `"newline"`: each message ends with LF, CRLF or NUL. Empty lines are skipped.
   * - `"auto"`: decided for each frame. Lines that do not begin like a message belong to the
   *   message before them, as in the body of an `https-batch` drain, whose messages may have several
   *   lines. The end of a message is therefore known when the next frame begins, when the stream
   *   ends, or after 50 ms without data.
   *
   * Set it if the framing of the sender is known: then a line that begins like a message is never
   * mistaken for one.
   *
   * @default "auto"
   */
  readonly framing?: Framing | undefined;
  /**
   * The maximum size of a message in bytes. A longer one is invalid and not stored. It also bounds
   * the memory for an incomplete message. Raise it if senders write longer messages; lower it if
   * many streams are read at once.
   *
   * @default 1_048_576 (1 MiB)
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * Called for each frame that is not a message, with a copy of its bytes (of a frame that is too
   * long, only its count or its beginning). Reading continues with the next frame, or with the next
   * line after an invalid count. If the callback throws, or returns a promise that rejects, the
   * stream fails with that error.
   *
   * @default none: the first invalid frame ends the stream
   */
  readonly onInvalid?: ((error: UnmarshalError, frame: Uint8Array) => unknown) | undefined;
}

const framings: readonly Framing[] = ["octet-counting", "newline", "auto"];

/** Options with their defaults filled in. */
export interface ReadSettings {
  readonly framing: Framing;
  readonly maxMessageBytes: number;
  readonly onInvalid: ReadFromOptions["onInvalid"];
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws TypeError, RangeError for an invalid option.
 */
export function readSettings(options: ReadFromOptions): ReadSettings {
  checkOptionNames(options, ["framing", "maxMessageBytes", "onInvalid"]);
  const { framing = "auto", maxMessageBytes = 1_048_576, onInvalid } = options;
  if (!framings.includes(framing)) {
    throw new TypeError(
      `framing must be "octet-counting", "newline" or "auto", got ${formatValue(framing)}`,
    );
  }
  optionalFunction("onInvalid", onInvalid);
  positiveInteger("maxMessageBytes", maxMessageBytes);
  return { framing, maxMessageBytes, onInvalid };
}

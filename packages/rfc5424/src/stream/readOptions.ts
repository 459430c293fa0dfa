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
   * - `"auto"`: decided for each frame. Lines that do not begin like a message belong to the message
   *   before them, as in the body of an `https-batch` drain, whose messages may have several lines.
   *   The end of a line is therefore known when the next frame begins, when the stream ends, or after
   *   50 ms without data.
   *
   * Set it if the sender is known: a line that begins like a message cannot then be mistaken for one.
   *
   * @default "auto"
   */
  readonly framing?: Framing | undefined;
  /**
   * The longest message in bytes. A longer one is invalid, and is not stored. It also bounds how
   * much of an incomplete message is kept. Raise it if senders write longer messages; lower it if
   * many streams are read at once.
   *
   * @default 1_048_576
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * Called for each frame that is not a message, with a copy of its bytes (of a frame that is too
   * long: its count, or its beginning). Reading continues with the next frame, or, behind a bad
   * count, on the next line. If the callback throws, or returns a promise that rejects, the stream
   * fails with that error.
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

/** @throws TypeError, RangeError for an invalid option. */
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

/** A message that RFC 5424 has no form for. Go: `ErrInvalidValue`. */
export class MarshalError extends Error {
  override readonly name = "MarshalError";
  /** Which property, such as `hostname` or `structuredData[0].id`. */
  readonly property: string;
  /** What it holds. */
  readonly value: unknown;
  /** What it should hold. */
  readonly reason: string;

  constructor(property: string, value: unknown, reason: string) {
    super(`cannot write the message: ${property} ${reason}, got ${excerpt(value)}`);
    this.property = property;
    this.value = value;
    this.reason = reason;
  }
}

/** Which part of a message, or of a stream of messages, an `UnmarshalError` is about. */
export type UnmarshalProperty =
  | "priority"
  | "version"
  | "timestamp"
  | "hostname"
  | "appName"
  | "processId"
  | "messageId"
  | "structuredData"
  | "message"
  /** The count before a message in a stream. */
  | "length"
  /** A message in a stream, cut off by the stream's end. */
  | "frame";

/** Bytes that are no message, or no stream of messages. Go: `ErrBadFormat`, and errors of `time` and `io`. */
export class UnmarshalError extends Error {
  override readonly name = "UnmarshalError";
  readonly property: UnmarshalProperty;
  /** What was seen, shortened. Empty where the input ended. */
  readonly value: string;
  /** What was expected. */
  readonly reason: string;

  constructor(property: UnmarshalProperty, value: string, reason: string) {
    const seen = value === "" ? "the end of the input" : excerpt(value);
    super(`cannot read the message: ${property} ${reason}, got ${seen}`);
    this.property = property;
    this.value = value;
    this.reason = reason;
  }
}

function excerpt(value: unknown): string {
  // Not String of an object: it may be long, and it may throw.
  const text = typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return typeof value === "string" ? JSON.stringify(short) : short;
}

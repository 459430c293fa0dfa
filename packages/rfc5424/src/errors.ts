/** Thrown for a message that cannot be written as RFC 5424. Go: `ErrInvalidValue`. */
export class MarshalError extends Error {
  override readonly name = "MarshalError";
  /** The path of the property, such as `hostname` or `structuredData[0].id`. */
  readonly property: string;
  /** The value of the property. */
  readonly value: unknown;
  /** The rule that the value violates, such as "must be an integer". */
  readonly reason: string;

  constructor(property: string, value: unknown, reason: string) {
    super(`cannot write the message: ${property} ${reason}, got ${excerpt(value)}`);
    this.property = property;
    this.value = value;
    this.reason = reason;
  }
}

/** The part of a message, or of a stream of messages, that is malformed. */
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
  /** A message in a stream that is too long, or cut off by the end of the stream. */
  | "frame";

/** Thrown for malformed bytes. Go: `ErrBadFormat`, and errors of the packages `time` and `io`. */
export class UnmarshalError extends Error {
  override readonly name = "UnmarshalError";
  readonly property: UnmarshalProperty;
  /** The malformed part, truncated. Empty if the input ended. */
  readonly value: string;
  /** The rule that the bytes violate, such as "must begin with <". */
  readonly reason: string;

  constructor(property: UnmarshalProperty, value: string, reason: string) {
    const received = value === "" ? "the end of the input" : excerpt(value);
    super(`cannot read the message: ${property} ${reason}, got ${received}`);
    this.property = property;
    this.value = value;
    this.reason = reason;
  }
}

function excerpt(value: unknown): string {
  // Not String(object), which may throw or return a long text.
  const text = typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return typeof value === "string" ? JSON.stringify(short) : short;
}

import { formatValue } from "../checkOptions.js";

/** An SD-ELEMENT of RFC 5424: an id, and its parameters in written order. */
export interface StructuredData {
  id: string;
  /** Names may repeat. */
  parameters: [name: string, value: string][];
}

/** A syslog message of RFC 5424, as `unmarshal` returns it. */
export interface Message {
  /** Facility and severity in one number: `Facility.User | Severity.Info` is 14. */
  priority: number;
  /**
   * The time in UNIX nanoseconds; `undefined` for the nil timestamp `-` of a sender without a
   * clock. `marshal` truncates it to microseconds, the resolution of RFC 5424.
   */
  timestamp: bigint | undefined;
  /** The offset of the written timestamp from UTC in minutes, positive east of Greenwich. */
  offsetMinutes: number;
  /**
   * True if the timestamp ends with `Z` instead of an offset. `offsetMinutes` should then be 0: as
   * in go-loggregator, the time before the `Z` is the local time at that offset.
   */
  useUtc: boolean;
  /** The HOSTNAME, or "" for `-`. The same applies to the next three properties. */
  hostname: string;
  appName: string;
  processId: string;
  messageId: string;
  structuredData: StructuredData[];
  /** The bytes of MSG; empty if there is none. A byte order mark at the start is kept. */
  message: Uint8Array;
}

/** The argument of `marshal`: a `Message` in which only the priority is required. */
export interface MessageInit {
  /** See `Message.priority`. Any integer is written; RFC 5424 permits 0 to 191. */
  priority: number;
  /**
   * The time in UNIX nanoseconds, or a `Date`. The year, at the offset, must have four digits.
   *
   * @default none: the nil timestamp `-`
   */
  timestamp?: bigint | Date | undefined;
  /**
   * The offset of the timestamp from UTC in minutes, from -1499 to 1499.
   *
   * @default 0
   */
  offsetMinutes?: number | undefined;
  /**
   * If true, `Z` is written instead of the offset; if false, UTC is written as `+00:00`.
   *
   * @default false
   */
  useUtc?: boolean | undefined;
  /**
   * Printable US-ASCII, truncated after 255 characters.
   *
   * @default "", written as `-`
   */
  hostname?: string | undefined;
  /**
   * As `hostname`, truncated after 48 characters.
   *
   * @default "", written as `-`
   */
  appName?: string | undefined;
  /**
   * As `hostname`, truncated after 128 characters.
   *
   * @default "", written as `-`
   */
  processId?: string | undefined;
  /**
   * As `hostname`, truncated after 32 characters.
   *
   * @default "", written as `-`
   */
  messageId?: string | undefined;
  /**
   * The elements of STRUCTURED-DATA. Ids and names are printable US-ASCII without spaces, `=`, `]`
   * and `"`. They may exceed the 32 characters of RFC 5424, because Loggregator's tags do. Values
   * are any well-formed text.
   *
   * @default none
   */
  structuredData?: StructuredData[] | undefined;
  /**
   * The content of MSG: bytes, or text that is written as UTF-8.
   *
   * @default ""
   */
  message?: Uint8Array | string | undefined;
}

/**
 * Adds a parameter to the first element with this id, or to a new last element.
 *
 * @throws TypeError if `message` is not an object.
 */
export function addDatum(message: MessageInit, id: string, name: string, value: string): void {
  if (typeof message !== "object" || message === null) {
    throw new TypeError(`message must be an object, got ${formatValue(message)}`);
  }
  message.structuredData ??= [];
  const element = message.structuredData.find((candidate) => candidate.id === id);
  if (element) {
    element.parameters.push([name, value]);
  } else {
    message.structuredData.push({ id, parameters: [[name, value]] });
  }
}

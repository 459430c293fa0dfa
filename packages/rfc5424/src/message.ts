/** One SD-ELEMENT of RFC 5424: an id, and its parameters in the order in which they are written. */
export interface StructuredData {
  id: string;
  /** Names may repeat. */
  parameters: [name: string, value: string][];
}

/** A syslog message of RFC 5424, as `unmarshal` returns it. */
export interface Message {
  /** Facility and severity in one number: `Facility.User | Severity.Info` is 14. */
  priority: number;
  /** UNIX nanoseconds. `marshal` writes microseconds, the most that RFC 5424 permits; what is finer is cut off. */
  timestamp: bigint;
  /** Minutes that the clock of the timestamp, as written, is ahead of UTC. */
  offsetMinutes: number;
  /**
   * The timestamp ends in `Z` instead of an offset. Leave `offsetMinutes` at 0 then: as in
   * go-loggregator, what stands before the `Z` is the clock at that offset.
   */
  useUtc: boolean;
  /** Empty where the message has `-`. So are the three that follow. */
  hostname: string;
  appName: string;
  processId: string;
  messageId: string;
  structuredData: StructuredData[];
  /** MSG, any bytes; empty where there is none. A byte order mark at its start is kept. */
  message: Uint8Array;
}

/** What `marshal` takes: a `Message`, or as much of one as there is to say. */
export interface MessageInit {
  /** See `Message.priority`. Any integer is written; RFC 5424 means 0 to 191. */
  priority: number;
  /** UNIX nanoseconds, or a `Date`. The year, at the offset, must have four digits. */
  timestamp: bigint | Date;
  /** -1499 to 1499, default 0. */
  offsetMinutes?: number | undefined;
  /** Default false: the offset is written, `+00:00` for UTC. */
  useUtc?: boolean | undefined;
  /** Printable US-ASCII, default empty (written as `-`); beyond 255 characters it is cut off. */
  hostname?: string | undefined;
  /** The same, cut off at 48. */
  appName?: string | undefined;
  /** The same, cut off at 128. */
  processId?: string | undefined;
  /** The same, cut off at 32. */
  messageId?: string | undefined;
  /**
   * Default none. Ids and names are printable US-ASCII without `=`, `]` and `"`, and may be longer
   * than RFC 5424's 32 characters, as Loggregator's tags are. Values are any well-formed text.
   */
  structuredData?: StructuredData[] | undefined;
  /** Bytes, or text to be written as UTF-8. Default empty. */
  message?: Uint8Array | string | undefined;
}

/** Adds a parameter to the message's first element with this id, or to a new element behind the others. */
export function addDatum(message: MessageInit, id: string, name: string, value: string): void {
  message.structuredData ??= [];
  const element = message.structuredData.find((candidate) => candidate.id === id);
  if (element) element.parameters.push([name, value]);
  else message.structuredData.push({ id, parameters: [[name, value]] });
}

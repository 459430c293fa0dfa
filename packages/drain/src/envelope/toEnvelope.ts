import { type Envelope, type Gauge, newEnvelope } from "@loggregator/api";
import { setOwn } from "@loggregator/core";
import { type Message, type StructuredData, UnmarshalError } from "@loggregator/rfc5424";

/** The ids of the agent's structured data. 47450 is Cloud Foundry's enterprise number. */
const enterprise = "@47450";
const lineFeed = 0x0a;
const maxUint64 = 2n ** 64n - 1n;
const maxInt64 = 2n ** 63n - 1n;

type EnvelopeMessage = NonNullable<Envelope["message"]>;

/**
 * Returns the envelope from which a message of a syslog drain was created: the inverse of
 * `fromEnvelope` of `@loggregator/rfc5424`. A message without Cloud Foundry's structured data
 * becomes a log.
 *
 * - The source id is APP-NAME. The instance id is the part of PROCID after the source type, which
 *   is taken from the tag `source_type`; without that tag, it is the part after the last `/`.
 * - A log is from stderr if the severity is "error" or worse (the agent writes 11 for stderr, 14 for
 *   stdout). Its payload is MSG without the line end that the agent adds.
 * - Each metric of a gauge arrives as a separate message. The option `joinGauges` of the receiver
 *   joins those of the same time.
 *
 * A message without a timestamp gets the current time. Data that a drain does not transfer is lost:
 * timestamps are truncated to microseconds and source ids to 48 characters, and deprecated tags are
 * missing.
 *
 * @throws UnmarshalError for structured data of Cloud Foundry with an invalid value.
 */
export function toEnvelope(message: Message): Envelope {
  const tags: Envelope["tags"] = {};
  let content: EnvelopeMessage | undefined;
  for (const element of message.structuredData) {
    if (!element.id.endsWith(enterprise)) {
      continue;
    }
    if (element.id.length === 10 && element.id.startsWith("tags")) {
      for (const [name, value] of element.parameters) {
        setOwn(tags, name, value);
      }
    } else {
      content ??= readContent(element);
    }
  }
  const timestamp = message.timestamp ?? BigInt(Date.now()) * 1_000_000n;
  if (content !== undefined) {
    const instanceId = withoutBrackets(message.processId);
    return newEnvelope(timestamp, message.appName, instanceId, {}, tags, content);
  }
  const { sourceType, instanceId } = readLogProcessId(message.processId, tags["source_type"]);
  if (sourceType !== "") {
    tags["source_type"] ??= sourceType;
  }
  return newEnvelope(timestamp, message.appName, instanceId, {}, tags, {
    $case: "log",
    value: { payload: payloadOf(message.message), type: isError(message.priority) ? 1 : 0 },
  });
}

/** Returns the content of an element, or undefined if it is not one of the agent's. */
function readContent(element: StructuredData): EnvelopeMessage | undefined {
  switch (element.id.slice(0, -enterprise.length)) {
    case "counter":
      return {
        $case: "counter",
        value: {
          name: parameter(element, "name"),
          total: integer(element, "total", 0n, maxUint64),
          delta: integer(element, "delta", 0n, maxUint64),
        },
      };
    case "gauge": {
      const metrics: Gauge["metrics"] = {};
      const value = { unit: parameter(element, "unit"), value: double(element, "value") };
      setOwn(metrics, parameter(element, "name"), value);
      return { $case: "gauge", value: { metrics } };
    }
    case "timer":
      return {
        $case: "timer",
        value: {
          name: parameter(element, "name"),
          start: integer(element, "start", -maxInt64 - 1n, maxInt64),
          stop: integer(element, "stop", -maxInt64 - 1n, maxInt64),
        },
      };
    case "event":
      return {
        $case: "event",
        value: { title: parameter(element, "title"), body: parameter(element, "body") },
      };
    default:
      return undefined;
  }
}

function parameter({ id, parameters }: StructuredData, wanted: string): string {
  for (const [name, value] of parameters) {
    if (name === wanted) {
      return value;
    }
  }
  throw new UnmarshalError("structuredData", id, `must have the parameter ${wanted}`);
}

function integer(element: StructuredData, name: string, least: bigint, most: bigint): bigint {
  const text = parameter(element, name);
  // Longer text is rejected first: BigInt takes quadratic time.
  const value = /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || value < least || value > most) {
    throw invalidValue(element, name, "an integer of 64 bits", text);
  }
  return value;
}

/** Parses a number as Go prints it: 0.25, 1e+06, +Inf, -Inf, NaN. */
function double(element: StructuredData, name: string): number {
  const text = parameter(element, name);
  if (/^[+-]?Inf$/.test(text)) {
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (text === "NaN") {
    return Number.NaN;
  }
  const value = /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) {
    throw invalidValue(element, name, "a number", text);
  }
  return value;
}

function invalidValue(
  { id }: StructuredData,
  name: string,
  what: string,
  text: string,
): UnmarshalError {
  return new UnmarshalError("structuredData", text, `must have ${what} as ${name} of ${id}`);
}

function withoutBrackets(processId: string): string {
  return processId.startsWith("[") && processId.endsWith("]") ? processId.slice(1, -1) : processId;
}

/** Splits `[APP/PROC/WEB/0]`, which is ambiguous without the tag: types and instances may have slashes. */
function readLogProcessId(
  processId: string,
  typeTag: string | undefined,
): { readonly sourceType: string; readonly instanceId: string } {
  if (!processId.startsWith("[") || !processId.endsWith("]")) {
    return { sourceType: "", instanceId: processId };
  }
  const text = processId.slice(1, -1);
  if (typeTag !== undefined) {
    const written = writtenType(typeTag);
    if (text === written) {
      return { sourceType: typeTag, instanceId: "" };
    }
    if (text.startsWith(written) && text[written.length] === "/") {
      return { sourceType: typeTag, instanceId: text.slice(written.length + 1) };
    }
  } else if (text.startsWith("/")) {
    return { sourceType: "", instanceId: text.slice(1) };
  }
  const slash = text.lastIndexOf("/");
  return slash < 0
    ? { sourceType: text, instanceId: "" }
    : { sourceType: text.slice(0, slash), instanceId: text.slice(slash + 1) };
}

// Consecutive messages usually have the same type.
let lastType = "";
let lastWritten = "";

/** A source type as the agent writes it into PROCID. */
function writtenType(type: string): string {
  if (type !== lastType) {
    const dashed = type.replace(/[\t\n\f\r ]+/g, "-").replace(/[^!-~]/g, "");
    let end = dashed.length;
    while (dashed[end - 1] === "-") {
      end--;
    }
    lastWritten = dashed.slice(0, end).toUpperCase();
    lastType = type;
  }
  return lastWritten;
}

/** Severities 0 to 3 are emergency, alert, critical and error. */
function isError(priority: number): boolean {
  return (priority & 7) <= 3;
}

function payloadOf(message: Uint8Array): Uint8Array {
  const end = message.length - 1;
  return message[end] === lineFeed ? message.subarray(0, end) : message;
}

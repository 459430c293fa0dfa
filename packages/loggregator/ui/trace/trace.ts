import { type Envelope, logText } from "@loggregator/api";
import { fieldOf, jsonObject } from "../../src/text/jsonObject.js";

/** How tracers and loggers name the id of a trace. */
const names = [
  ...["trace_id", "traceId", "traceID", "trace.id", "trace-id", "traceid"],
  ...["dd.trace_id", "otelTraceID", "X-B3-TraceId", "x_b3_traceid", "b3_traceid", "@tr"],
];

/** The trace id of W3C trace context and of B3 in text: 32 or 16 hexadecimal digits. */
const inText = [
  /trace[-_.]?(?:id|parent)["']?[=:]\s?["']?(?:00-)?([\da-f]{32}|[\da-f]{16})\b/i,
  // Spring Cloud Sleuth: [name,trace,span]; Spring Boot: also [trace-span]. Older versions append
  // whether the span is exported.
  /\[[^[\],]{0,100},([\da-f]{32}|[\da-f]{16}),[\da-f]{16}(?:,\w*)?\]/i,
  /\[([\da-f]{32})-[\da-f]{16}\]/i,
];

/**
 * The id of the trace that an envelope belongs to: from its tags, or from the fields or text of a
 * log.
 */
export function traceOf(envelope: Envelope): string | undefined {
  for (const name of names) {
    const tag = Object.hasOwn(envelope.tags, name) ? envelope.tags[name] : undefined;
    if (isId(tag)) {
      return tag;
    }
  }
  const text = logText(envelope);
  if (text === undefined) {
    return undefined;
  }
  const fields = jsonObject(text);
  if (fields === undefined) {
    const start = text.slice(0, 4_096);
    return inText.map((pattern) => pattern.exec(start)?.[1]).find(isId);
  }
  return names.map((name) => fieldOf(fields, name)).find(isId);
}

/** Returns a predicate for the envelopes of a trace: those with its id in a tag, or in the text. */
export function inTrace(id: string): (envelope: Envelope) => boolean {
  return (envelope) => {
    for (const name in envelope.tags) {
      if (envelope.tags[name] === id) {
        return true;
      }
    }
    return logText(envelope)?.includes(id) === true;
  };
}

function isId(value: unknown): value is string {
  return typeof value === "string" && /^[\da-f-]{16,36}$/i.test(value);
}

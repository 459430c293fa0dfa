import type { Envelope } from "@loggregator/api";
import { setOwn } from "@loggregator/core";
import type { Message } from "@loggregator/rfc5424";

/** The priority of logs from stderr; all others are from stdout. */
const errorPriority = 11;

/**
 * Returns the envelope that log-cache's syslog server creates from a message; undefined if it
 * ignores the message.
 */
export function envelopeFromMessage(message: Message): Envelope | undefined {
  if (message.appName === "") {
    return undefined;
  }
  const tags: Record<string, string> = {};
  let content: Envelope["message"];
  for (const { id, parameters } of message.structuredData) {
    if (id.startsWith("tags")) {
      for (const [name, value] of parameters) {
        setOwn(tags, name, value);
      }
    } else {
      content = contentOf(id, new Map(parameters));
      if (content === undefined) {
        return undefined;
      }
    }
  }
  return {
    timestamp: message.timestamp ?? 0n,
    sourceId: message.appName,
    instanceId: instanceIdOf(message.processId),
    deprecatedTags: {},
    tags,
    message: content ?? {
      $case: "log",
      value: {
        payload: trimmed(message.message),
        type: message.priority === errorPriority ? 1 : 0,
      },
    },
  };
}

/** Returns the part after the last slash, without brackets. */
function instanceIdOf(processId: string): string {
  return processId.replace(/^[[\]]+|[[\]]+$/g, "").replace(/^.*\//s, "");
}

function contentOf(id: string, fields: ReadonlyMap<string, string>): Envelope["message"] {
  const text = (name: string) => fields.get(name) ?? "";
  if (id.startsWith("counter")) {
    const value = {
      name: text("name"),
      delta: BigInt(text("delta")),
      total: BigInt(text("total")),
    };
    return { $case: "counter", value };
  }
  if (id.startsWith("gauge")) {
    const value = Number(text("value").replace("Inf", "Infinity"));
    const metrics: Record<string, { unit: string; value: number }> = {};
    setOwn(metrics, text("name"), { unit: text("unit"), value });
    return { $case: "gauge", value: { metrics } };
  }
  if (id.startsWith("timer")) {
    const value = {
      name: text("name"),
      start: BigInt(text("start")),
      stop: BigInt(text("stop")),
    };
    return { $case: "timer", value };
  }
  if (id.startsWith("event")) {
    return { $case: "event", value: { title: text("title"), body: text("body") } };
  }
  return undefined;
}

/** A payload without white space around it. */
function trimmed(payload: Uint8Array): Uint8Array {
  let start = 0;
  let end = payload.length;
  while (start < end && isSpace(payload[start])) {
    start += 1;
  }
  while (start < end && isSpace(payload[end - 1])) {
    end -= 1;
  }
  return payload.subarray(start, end);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

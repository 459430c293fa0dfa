import { type Envelope, type GaugeValue, Log_Type } from "@loggregator/api";
import { duration } from "./formatNumbers.js";

/** The text of an envelope. Control characters in it are not escaped yet. */
export interface Line {
  /** The name of the metric, the title of the event, or the source type of a log: `APP/PROC/WEB`. */
  readonly name: string;
  readonly text: string;
}

/**
 * The name and the text of an envelope.
 *
 * @param maxBytes How much of a log's payload is read. Default: all of it.
 */
export function lineOf({ message, tags }: Envelope, maxBytes?: number): Line {
  switch (message?.$case) {
    case "log":
      return {
        name: tags["source_type"] ?? "",
        text: withoutLineEnd(textOf(message.value.payload.subarray(0, maxBytes))),
      };
    case "counter": {
      const { name, delta, total } = message.value;
      const parts = [];
      if (delta > 0n || total === 0n) parts.push(`+${delta}`);
      if (total > 0n) parts.push(`${total} in all`);
      return { name, text: parts.join(", ") };
    }
    case "gauge":
      return gaugeLine(Object.entries(message.value.metrics));
    case "timer": {
      const { name, start, stop } = message.value;
      return { name, text: duration(stop - start) };
    }
    case "event":
      return { name: message.value.title, text: message.value.body };
    case undefined:
      return { name: "", text: "" };
  }
}

/** Source and instance. */
export function sourceOf({ sourceId, instanceId }: Envelope): string {
  return instanceId === "" ? sourceId : `${sourceId}/${instanceId}`;
}

/** Whether it is a log of a standard error stream. */
export function isStderr({ message }: Envelope): boolean {
  return message?.$case === "log" && message.value.type === Log_Type.ERR;
}

/** Local time with milliseconds. */
export function timeOf(timestamp: bigint): string {
  const milliseconds = Number(timestamp / 1_000_000n);
  const second = Math.floor(milliseconds / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastTime = new Date(second * 1000).toTimeString().slice(0, 8);
  }
  return `${lastTime}.${String(milliseconds - second * 1000).padStart(3, "0")}`;
}

/** Bytes as text. Invalid UTF-8 becomes U+FFFD. */
export function textOf(payload: Uint8Array): string {
  return decoder.decode(payload);
}

/** The value of a metric with its unit. */
export function metricText({ value, unit }: GaugeValue): string {
  return unit === "" ? String(value) : `${value} ${unit}`;
}

const decoder = new TextDecoder();

// Many envelopes have the same second, which is formatted once.
let lastSecond = Number.NaN;
let lastTime = "";

/** Some loggers leave the line end in. */
function withoutLineEnd(text: string): string {
  if (text.endsWith("\r\n")) return text.slice(0, -2);
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

function gaugeLine(metrics: [string, GaugeValue][]): Line {
  const [first, ...others] = metrics;
  if (first === undefined) return { name: "", text: "" };
  const rest = others.map(([name, metric]) => `, ${name} ${metricText(metric)}`).join("");
  return { name: first[0], text: metricText(first[1]) + rest };
}

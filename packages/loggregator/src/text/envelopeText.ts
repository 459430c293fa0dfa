import { type Envelope, type GaugeValue, Log_Type } from "@loggregator/api";
import { amount, duration } from "./formatNumbers.js";

/** The text of an envelope. Control characters in it are not escaped yet. */
export interface Line {
  /** The name of the metric, the title of the event, or the source type of a log: `APP/PROC/WEB`. */
  readonly name: string;
  readonly text: string;
}

/**
 * The name and the text of an envelope.
 *
 * @param maxBytes The maximum part of a log's payload to read. Default: all of it.
 */
export function lineOf({ message, tags }: Envelope, maxBytes?: number): Line {
  switch (message?.$case) {
    case "log":
      return {
        name: tags["source_type"] ?? "",
        text: withoutLineEnd(decoder.decode(message.value.payload.subarray(0, maxBytes))),
      };
    case "counter": {
      const { name, delta, total } = message.value;
      const parts = [];
      if (delta > 0n || total === 0n) {
        parts.push(`+${delta}`);
      }
      if (total > 0n) {
        parts.push(`${total} in total`);
      }
      return { name, text: parts.join(", ") };
    }
    case "gauge":
      return gaugeLine(Object.entries(message.value.metrics));
    case "timer": {
      const { name, start, stop } = message.value;
      const took = duration(stop - start);
      const request = requestOf(tags);
      return { name, text: request === undefined ? took : `${request} ${took}` };
    }
    case "event":
      return { name: message.value.title, text: message.value.body };
    case undefined:
      return { name: "", text: "" };
  }
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

/** The value of a metric with its unit. */
export function metricText({ value, unit }: GaugeValue): string {
  return amount(value, unit);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// Many envelopes are from the same second, which is formatted once.
let lastSecond = Number.NaN;
let lastTime = "";

/** `GET /cart 200`, from the tags of a timer of Cloud Foundry's router. */
function requestOf(tags: Envelope["tags"]): string | undefined {
  const { method, uri, status_code: status = "" } = tags;
  if (!method || !uri) {
    return undefined;
  }
  return `${method} ${pathOf(uri)} ${status}`.trimEnd();
}

/** The path and query of a URL. */
function pathOf(uri: string): string {
  const authority = uri.indexOf("://");
  if (authority === -1) {
    return uri;
  }
  const path = uri.indexOf("/", authority + 3);
  return path === -1 ? "/" : uri.slice(path);
}

/** Removes the line end, which some loggers include. */
function withoutLineEnd(text: string): string {
  if (text.endsWith("\r\n")) {
    return text.slice(0, -2);
  }
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

function gaugeLine(metrics: [string, GaugeValue][]): Line {
  const [first, ...others] = metrics;
  if (first === undefined) {
    return { name: "", text: "" };
  }
  const rest = others.map(([name, metric]) => `, ${name} ${metricText(metric)}`).join("");
  return { name: first[0], text: metricText(first[1]) + rest };
}

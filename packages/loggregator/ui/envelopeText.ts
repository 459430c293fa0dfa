import { type Envelope, Log_Type } from "@loggregator/api";
import { duration } from "../src/terminal/numbers.js";

/** What an envelope says, in the list. Neither is made fit for one line yet. */
export interface Line {
  /** Of the metric or the event; of a log, where in the app it is from: `APP/PROC/WEB`. */
  readonly name: string;
  readonly text: string;
}

/**
 * The line of an envelope.
 *
 * @param maxBytes - Of a log's payload, what is behind them is left out. Default: all of it.
 */
export function lineOf({ message, tags }: Envelope, maxBytes?: number): Line {
  switch (message?.$case) {
    case "log":
      return {
        name: tags["source_type"] ?? "",
        text: textOf(message.value.payload.subarray(0, maxBytes)).trimEnd(),
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

/** Local time, to the millisecond. */
export function timeOf(timestamp: bigint): string {
  const milliseconds = Number(timestamp / 1_000_000n);
  const second = Math.floor(milliseconds / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastTime = new Date(second * 1000).toTimeString().slice(0, 8);
  }
  return `${lastTime}.${String(milliseconds - second * 1000).padStart(3, "0")}`;
}

/** Bytes as text; what is no UTF-8 in them becomes U+FFFD. */
export function textOf(payload: Uint8Array): string {
  return decoder.decode(payload);
}

const decoder = new TextDecoder();

// Of the many envelopes of one second only the milliseconds are written anew.
let lastSecond = Number.NaN;
let lastTime = "";

function gaugeLine(metrics: [string, { value: number; unit: string }][]): Line {
  const [first, ...others] = metrics;
  if (first === undefined) return { name: "", text: "" };
  if (others.length === 0) return { name: first[0], text: amount(first[1]) };
  return {
    name: `${metrics.length} metrics`,
    text: metrics.map(([name, metric]) => `${name} ${amount(metric)}`).join(", "),
  };
}

function amount({ value, unit }: { value: number; unit: string }): string {
  return unit === "" ? String(value) : `${value} ${unit}`;
}

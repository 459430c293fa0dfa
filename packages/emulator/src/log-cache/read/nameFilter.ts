import { Envelope } from "@loggregator/api";
import { setOwn } from "@loggregator/core";
import type { EnvelopeCase } from "../store/storedEnvelope.js";

/** Returns the matching part of an envelope, or undefined. */
export type NameFilter = (
  bytes: Uint8Array,
  type: EnvelopeCase | undefined,
) => Uint8Array | undefined;

/**
 * Compiles a filter for the names of counters, timers and gauges. A gauge keeps the metrics that
 * match. Envelopes without a name never match.
 *
 * @param refused Creates the error for an invalid pattern.
 */
export async function compileNameFilter(
  pattern: string,
  refused: (message: string) => Error,
): Promise<NameFilter> {
  // Go's regular expressions: no lookaround, no backreferences, and their own error texts.
  const { RE2JS } = await import("re2js");
  let expression: { test(text: string): boolean };
  try {
    expression = RE2JS.compile(pattern);
  } catch (error) {
    const { message } = error as Error;
    throw refused(`name filter must be a valid regular expression: ${message}`);
  }
  return (bytes, type) => {
    // Others need not be decoded.
    if (type !== "counter" && type !== "timer" && type !== "gauge") {
      return undefined;
    }
    const envelope = Envelope.decode(bytes);
    const { message } = envelope;
    if (message?.$case === "gauge") {
      return filterGauge(envelope, message.value.metrics, bytes, (name) => expression.test(name));
    }
    const isNamed = message?.$case === "counter" || message?.$case === "timer";
    return isNamed && expression.test(message.value.name) ? bytes : undefined;
  };
}

type Metrics = Extract<Envelope["message"], { $case: "gauge" }>["value"]["metrics"];

function filterGauge(
  envelope: Envelope,
  metrics: Metrics,
  bytes: Uint8Array,
  matches: (name: string) => boolean,
): Uint8Array | undefined {
  const names = Object.keys(metrics);
  const kept = names.filter(matches);
  if (kept.length === 0) {
    return undefined;
  }
  if (kept.length === names.length) {
    return bytes;
  }
  const filtered: Metrics = {};
  for (const name of kept) {
    setOwn(filtered, name, metrics[name]);
  }
  const message = { $case: "gauge" as const, value: { metrics: filtered } };
  return Envelope.encode({ ...envelope, message }).finish();
}

import type { Envelope } from "@loggregator/api";

/** A kind of data in OTLP. */
export type OtlpSignal = "logs" | "metrics" | "traces";

export const otlpSignals = ["logs", "metrics", "traces"] as const;

/** The signal that carries an envelope; undefined if it has no message. */
export function signalOf({ message }: Envelope): OtlpSignal | undefined {
  switch (message?.$case) {
    case "log":
    case "event":
      return "logs";
    case "counter":
    case "gauge":
      return "metrics";
    case "timer":
      return "traces";
    default:
      return undefined;
  }
}

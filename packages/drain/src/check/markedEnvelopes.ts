import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { fromEnvelope, marshal } from "@loggregator/rfc5424";

/** The kinds of messages that a check sends. */
export const markedKinds = ["stdout", "stderr", "counter", "gauge", "timer", "event"] as const;

/** The kind of a message that a check sends. */
export type MarkedKind = (typeof markedKinds)[number];

/** An envelope with a mark by which the receiving side can find it in any text. */
export interface MarkedEnvelope {
  readonly kind: MarkedKind;
  /** Letters, digits and dashes. */
  readonly mark: string;
  readonly envelope: Envelope;
}

/** Returns `count` envelopes of each kind. */
export function markedEnvelopes(id: string, count: number): MarkedEnvelope[] {
  return Array.from({ length: count }, (_, number) =>
    markedKinds.map((kind) => {
      // The last character ensures that no mark is the beginning of another one.
      const mark = `drain-check-${id}-${kind}-${number}-`;
      return { kind, mark, envelope: envelopeOf(kind, mark) };
    }),
  ).flat();
}

/** Returns the messages of an envelope, without frames. */
export function messagesOf({ envelope }: MarkedEnvelope): Uint8Array[] {
  return fromEnvelope(envelope).map(marshal);
}

function envelopeOf(kind: MarkedKind, mark: string): Envelope {
  const options = { sourceId: "drain-check", instanceId: "0", tags: { drain_check: mark } };
  const now = BigInt(Date.now()) * 1_000_000n;
  switch (kind) {
    case "stdout":
    case "stderr":
      return logEnvelope(mark, { ...options, stream: kind, sourceType: "APP/PROC/WEB" });
    case "counter":
      return counterEnvelope(mark, options);
    case "gauge":
      return gaugeEnvelope({ [mark]: { value: 1, unit: "check" } }, options);
    case "timer":
      return timerEnvelope(mark, now - 1_000_000n, now, options);
    case "event":
      return eventEnvelope(mark, "sent by drain check", options);
  }
}

import { Envelope } from "@loggregator/api";
import type { PendingWaits } from "./pendingWaits.js";
import { ReceivedRecord } from "./receivedRecord.js";
import type { StatsBoard } from "./statsBoard.js";

/** Encoded, to save memory: most are never read. */
export type EnvelopeRecord = ReceivedRecord<Uint8Array, Envelope>;

/** Creates the record of received envelopes. Their bytes must not share memory. */
export function createEnvelopeRecord(waiting: PendingWaits, stats: StatsBoard): EnvelopeRecord {
  const decoded = new WeakMap<Uint8Array, Envelope>();
  return new ReceivedRecord({
    waiting,
    stats,
    sizeOf: (bytes) => bytes.length,
    itemOf(bytes) {
      let envelope = decoded.get(bytes);
      if (envelope === undefined) {
        envelope = Envelope.decode(bytes);
        decoded.set(bytes, envelope);
      }
      return envelope;
    },
    received() {
      const { received } = stats.snapshot;
      return received === 1 ? "1 envelope was received" : `${received} envelopes were received`;
    },
  });
}

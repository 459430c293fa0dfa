/** The reasons for which a nozzle drops envelopes. */
export const dropReasons = [
  /** The buffer was full. */
  "buffer_full",
  /** The destination refused them, or all attempts failed. */
  "refused",
  /** The destination has no form for them. */
  "unsupported",
  /** They were not delivered within the grace period. */
  "shutdown",
  /** Their worker died. */
  "worker_died",
] as const;

export type DropReason = (typeof dropReasons)[number];

/** `received = filtered + sent + dropped + queued`, at every moment. */
export interface Counts {
  /** Envelopes read from the stream. */
  received: number;
  /** Received envelopes that filters have excluded. */
  filtered: number;
  /** Envelopes that the destination accepted. */
  sent: number;
  readonly dropped: Record<DropReason, number>;
  /** Records that the destination rejected from accepted requests. */
  rejected: number;
  /** Failures of the destination that were followed by another attempt. */
  retries: number;
  /** Failures of the stream that were followed by another attempt. */
  reconnects: number;
}

export function noCounts(): Counts {
  const dropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0]));
  return {
    received: 0,
    filtered: 0,
    sent: 0,
    dropped: dropped as Record<DropReason, number>,
    rejected: 0,
    retries: 0,
    reconnects: 0,
  };
}

export function addCounts(one: Counts, other: Counts): Counts {
  const dropped = dropReasons.map((reason) => [
    reason,
    one.dropped[reason] + other.dropped[reason],
  ]);
  return {
    received: one.received + other.received,
    filtered: one.filtered + other.filtered,
    sent: one.sent + other.sent,
    dropped: Object.fromEntries(dropped) as Record<DropReason, number>,
    rejected: one.rejected + other.rejected,
    retries: one.retries + other.retries,
    reconnects: one.reconnects + other.reconnects,
  };
}

export function totalDropped({ dropped }: Counts): number {
  return dropReasons.reduce((sum, reason) => sum + dropped[reason], 0);
}

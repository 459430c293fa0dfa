import { channel } from "node:diagnostics_channel";

/**
 * Channels of `node:diagnostics_channel`; a message is only made when somebody listens.
 *
 * - `loggregator:ingress:batch`, a batch counts as sent: `{ address, count, bytes }`, count in envelopes.
 * - `loggregator:ingress:drop`, envelopes were dropped: `{ address, count }`, as `onDropped` is told.
 * - `loggregator:ingress:reconnect`, sending failed and is tried again: `{ address, error, delayMs }`.
 */
export const diagnostics = {
  batch: channel("loggregator:ingress:batch"),
  drop: channel("loggregator:ingress:drop"),
  reconnect: channel("loggregator:ingress:reconnect"),
};

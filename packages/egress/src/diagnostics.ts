import { channel } from "node:diagnostics_channel";

/**
 * Channels of `node:diagnostics_channel`; a message is only made when somebody listens.
 *
 * - `loggregator:egress:batch`, a batch was read: `{ address, count }`, count in envelopes.
 * - `loggregator:egress:drop`, the buffer overwrote batches: `{ address, count }`, count in batches.
 * - `loggregator:egress:reconnect`, a stream failed and is tried again: `{ address, error, delayMs }`.
 */
export const diagnostics = {
  batch: channel("loggregator:egress:batch"),
  drop: channel("loggregator:egress:drop"),
  reconnect: channel("loggregator:egress:reconnect"),
};

import { channel } from "node:diagnostics_channel";

/**
 * Channels of `node:diagnostics_channel`. Messages are created only while there are subscribers.
 *
 * - `loggregator:egress:batch`: a batch was read. `{ address, count }`, `count` in envelopes.
 * - `loggregator:egress:drop`: a buffer overwrote envelopes. `{ address, count }`.
 * - `loggregator:egress:reconnect`: a stream failed and is retried. `{ address, error, delayMs }`.
 */
export const diagnostics = {
  batch: channel("loggregator:egress:batch"),
  drop: channel("loggregator:egress:drop"),
  reconnect: channel("loggregator:egress:reconnect"),
};

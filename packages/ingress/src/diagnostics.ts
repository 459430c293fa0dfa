import { channel } from "node:diagnostics_channel";

/**
 * Channels of `node:diagnostics_channel`. Messages are created only while there are subscribers.
 *
 * - `loggregator:ingress:batch`: a batch was sent. `{ address, count, bytes }`, `count` in envelopes.
 * - `loggregator:ingress:drop`: envelopes were dropped. `{ address, count }`, as with `onDropped`.
 * - `loggregator:ingress:reconnect`: sending failed and is retried. `{ address, error, delayMs }`.
 */
export const diagnostics = {
  batch: channel("loggregator:ingress:batch"),
  drop: channel("loggregator:ingress:drop"),
  reconnect: channel("loggregator:ingress:reconnect"),
};

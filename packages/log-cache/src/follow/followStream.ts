import type { Envelope } from "@loggregator/api";
import { closableIterator } from "@loggregator/core";
import type { FollowCheckpoint } from "./followCheckpoint.js";
import { type FollowContext, Follower } from "./follower.js";
import type { FollowSettings, Gap } from "./followOptions.js";

/** Batches of envelopes, for `for await`. Leaving the loop ends the stream. */
export interface FollowStream extends AsyncIterableIterator<Envelope[], undefined> {
  /** Ends the iteration without an error, and cancels the requests. */
  stop(): void;
  /**
   * Returns a checkpoint of the yielded envelopes. Call it after a batch has been processed, and
   * pass the result to `follow` after a restart: the new stream continues with the next envelope.
   * It contains about 60 bytes of JSON for each envelope of the last `overlapMs`.
   */
  checkpoint(): FollowCheckpoint;
}

/** Creates a stream, which starts reading when the first batch is awaited. */
export function followStream(
  settings: FollowSettings,
  context: FollowContext,
  onGap: (gap: Gap) => void,
  signals: readonly (AbortSignal | undefined)[],
): FollowStream {
  const follower = new Follower(settings, context, onGap);
  return {
    ...closableIterator(follower.run(signals), () => follower.stop()),
    stop: () => follower.stop(),
    checkpoint: () => follower.checkpoint(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

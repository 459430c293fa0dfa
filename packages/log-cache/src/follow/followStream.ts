import type { Envelope } from "@loggregator/api";
import { closableIterator, type StopOptions, stopDrains } from "@loggregator/core";
import type { FollowCheckpoint } from "./followCheckpoint.js";
import { type FollowContext, Follower } from "./follower.js";
import type { FollowSettings, Gap } from "./followOptions.js";

/** Batches of envelopes, for `for await`. Leaving the loop or disposing of the stream ends it. */
export interface FollowStream
  extends AsyncIterableIterator<Envelope[], undefined>,
    AsyncDisposable {
  /**
   * Cancels the requests: the iteration ends immediately, without an error. With `drain`, it first
   * yields the envelopes that were received and are held back, in order of timestamp.
   */
  stop(options?: StopOptions): void;
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
  const batches = closableIterator(follower.run(signals), () => follower.stop());
  return {
    ...batches,
    stop: (options = {}) => (stopDrains(options) ? follower.drain() : follower.stop()),
    checkpoint: () => follower.checkpoint(),
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await batches.return?.();
    },
  };
}

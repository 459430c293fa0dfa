import { batchSize, emitTags, instanceId, line, sourceId } from "../sample.js";
import type { Subjects, Surroundings } from "../subject.js";
import { emitting } from "./emit.js";

const log = { sourceId, instanceId, tags: emitTags, stream: "stdout" } as const;

/** The delays of the servers of the acknowledged benchmark, in milliseconds. */
export const latenciesMs = [0, 1, 5];

/**
 * The emitter waits at half of the queue's default size: envelopes emitted during a call are sent
 * in the next.
 */
const maxQueued = 50_000;

/** Acknowledged delivery compared with a stream, with servers that answer after a delay. */
export const acknowledged: Subjects = {
  stream: (surroundings) =>
    emitting(surroundings, (client) => client.emitLog(line, log), {}, batchSize * 10, maxQueued),
  ...Object.fromEntries(
    latenciesMs.map((ms) => [
      `${ms} ms`,
      (surroundings: Surroundings) =>
        emitting(
          surroundings,
          (client) => client.emitLog(line, log),
          { address: surroundings.acknowledging[ms] as string, delivery: "acknowledged" },
          batchSize * 10,
          maxQueued,
        ),
    ]),
  ),
};

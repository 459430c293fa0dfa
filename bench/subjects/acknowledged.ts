import { batchSize, emitTags, instanceId, line, sourceId } from "../sample.js";
import type { Subjects, Surroundings } from "../subject.js";
import { emitting } from "./emit.js";

const log = { sourceId, instanceId, tags: emitTags, stream: "stdout" } as const;

/** How late the servers of the acknowledged benchmark answer, in milliseconds. */
export const latenciesMs = [0, 1, 5];

/** The emitter waits at half of the queue's default size: what is emitted during a call goes into the next. */
const maxQueued = 50_000;

/** Acknowledged delivery beside a stream, with servers that answer late. */
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

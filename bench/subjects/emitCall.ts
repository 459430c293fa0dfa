import { monitorEventLoopDelay } from "node:perf_hooks";
import { emitTags, instanceId, line, sourceId } from "../sample.js";
import type { Subject, Subjects } from "../subject.js";
import { keep } from "./codec.js";
import { openClient } from "./emit.js";

const options = { sourceId, instanceId, tags: emitTags, stream: "stdout" } as const;

/**
 * The cost of one call while the client is sending, compared with `JSON.stringify` of the same
 * envelope, and the delay of the event loop under that load.
 */
export const emitCall: Subjects = {
  async ours(surroundings) {
    const client = await openClient(surroundings);
    const timed = timing(() => client.emitLog(line, options));
    return { ...timed, close: () => client.close() };
  },
  stringify: () =>
    timing(() => {
      const envelope = {
        timestamp: String(Date.now() * 1_000_000),
        source_id: sourceId,
        instance_id: instanceId,
        tags: emitTags,
        log: { payload: line, type: "OUT" },
      };
      keep(JSON.stringify(envelope).length);
    }),
};

const callsAtOnce = 200;

/** Times each call, in bursts with a turn of the event loop in between. */
function timing(call: () => void): Subject {
  let nanoseconds = new Float64Array(1_000_000);
  let count = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  return {
    async work(until) {
      count = 0;
      delay.enable();
      while (performance.now() < until && count < nanoseconds.length) {
        for (let i = 0; i < callsAtOnce; i++) {
          const begin = process.hrtime.bigint();
          call();
          nanoseconds[count++] = Number(process.hrtime.bigint() - begin);
        }
        await new Promise(setImmediate);
      }
      delay.disable();
      nanoseconds = nanoseconds.subarray(0, count).sort();
      return count;
    },
    figures: () => ({
      medianNanos: nanoseconds[Math.floor(count / 2)] as number,
      p99Nanos: nanoseconds[Math.floor(count * 0.99)] as number,
      loopDelayP99Millis: delay.percentile(99) / 1e6,
    }),
  };
}

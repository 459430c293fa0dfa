import { V1Client } from "@loggregator/v1";
import { instanceId, line, sourceId } from "../sample.js";
import type { Subjects } from "../subject.js";

/** Log lines as v1 datagrams, passed to the system. */
export const v1: Subjects = {
  ours({ v1: address }) {
    const client = new V1Client({ origin: "bench", address });
    const options = { sourceId, instanceId, sourceType: "APP", stream: "stdout" } as const;
    return {
      async work(until) {
        const before = client.stats.sent;
        while (performance.now() < until) {
          for (let i = 0; i < 1000; i++) {
            client.emitLog(line, options);
          }
          while (client.stats.queued > 5000) {
            await new Promise(setImmediate);
          }
        }
        while (client.stats.queued > 0) {
          await new Promise(setImmediate);
        }
        if (client.stats.dropped > 0) {
          throw new Error(`dropped ${client.stats.dropped}`);
        }
        return client.stats.sent - before;
      },
      close: () => client.close(),
    };
  },
};

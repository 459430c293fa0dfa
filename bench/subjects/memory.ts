import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { toV1, toV2 } from "@loggregator/conversion";
import { ManyToOne, OneToOne, SharedOneToOne } from "@loggregator/diodes";
import { Facility, marshal, Severity, unmarshal } from "@loggregator/rfc5424";
import { emitTags, instanceId, line, sampleBatch, sourceId } from "../sample.js";
import { repeat, type Subjects } from "../subject.js";
import { keep } from "./codec.js";

// Benchmarks without a server; the Go library is the peer.

const atOnce = 1000;

/** Sets a value and takes it. */
export const diode: Subjects = {
  ours: () => {
    const ring = new OneToOne<number>(1024);
    return repeat(atOnce, () => {
      for (let i = 0; i < atOnce; i++) {
        ring.set(i);
        keep(ring.tryNext() ?? 0);
      }
    });
  },
};

export const diodeManyToOne: Subjects = {
  ours: () => {
    const ring = new ManyToOne<number>(1024);
    return repeat(atOnce, () => {
      for (let i = 0; i < atOnce; i++) {
        ring.set(i);
        keep(ring.tryNext() ?? 0);
      }
    });
  },
};

/**
 * One thread sets lines without pause, another takes them. Taken lines count; overwritten ones are
 * reported as a fraction of all.
 */
export const diodeTwoThreads: Subjects = {
  "two threads": async () => {
    let taken = 0;
    let missed = 0;
    const ring = new SharedOneToOne(4 * 1024 * 1024, (count) => {
      missed += count;
    });
    const writer = new Worker(new URL("../diodeWriter.js", import.meta.url), {
      workerData: ring.buffer,
    });
    await once(writer, "online");
    return {
      work(until) {
        taken = 0;
        missed = 0;
        do {
          for (let i = 0; i < atOnce; i++) {
            const message = ring.tryNext();
            if (message === undefined) {
              continue;
            }
            keep(message.length);
            taken++;
          }
        } while (performance.now() < until);
        return taken;
      },
      figures: () => ({ missed: missed / (missed + taken) }),
      close: async () => void (await writer.terminate()),
    };
  },
};

const [envelope] = sampleBatch(1);
if (envelope === undefined) {
  throw new Error("expected an envelope");
}

/** Converts a log to v1 and back to v2. */
export const conversion: Subjects = {
  ours: () => {
    const [event] = toV1(envelope);
    if (event === undefined) {
      throw new Error("expected an event");
    }
    return repeat(atOnce, () => {
      for (let i = 0; i < atOnce; i += 2) {
        keep(toV1(envelope).length);
        keep(toV2(event, { usePreferredTags: true }).sourceId.length);
      }
    });
  },
};

const message = {
  priority: Facility.User | Severity.Info,
  timestamp: 1_795_363_066_942_123_000n,
  hostname: "org.space.app",
  appName: sourceId,
  processId: `[APP/PROC/WEB/${instanceId}]`,
  message: new TextEncoder().encode(line),
  structuredData: [{ id: "tags@47450", parameters: Object.entries(emitTags) }],
};

/** Writes and reads a message. */
export const rfc5424: Subjects = {
  ours: () => {
    const bytes = marshal(message);
    return repeat(atOnce, () => {
      for (let i = 0; i < atOnce; i += 2) {
        keep(marshal(message).length);
        keep(unmarshal(bytes).appName.length);
      }
    });
  },
};

import { logEnvelope } from "@loggregator/api";
import { instanceId, line, sourceId } from "../sample.js";
import type { Subject, Subjects, Surroundings } from "../subject.js";
import { emitting } from "./emit.js";
import { readingStreams } from "./read.js";
import { tlsEmitting } from "./tls.js";

const log = { sourceId, instanceId } as const;
const tags = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`tag-${i}`, `value of tag ${i}`]));

function each<T>(
  values: readonly T[],
  name: (value: T) => string,
  open: (value: T) => Subjects[string],
): Subjects {
  return Object.fromEntries(values.map((value) => [name(value), open(value)]));
}

/** Emitting by batch size, number of tags and payload size, and reading by number of streams. */
export const scaling: Subjects = {
  ...each(
    [1, 10, 100, 1000],
    (size) => `batches of ${size}`,
    (batchMaxSize) => (surroundings) =>
      emitting(surroundings, (client) => client.emitLog(line, log), { batchMaxSize }),
  ),
  ...each(
    [0, 2, 10, 30],
    (count) => `${count} tags`,
    (count) => {
      const options = { ...log, tags: tags(count) };
      return (surroundings) => emitting(surroundings, (client) => client.emitLog(line, options));
    },
  ),
  ...each(
    [10, 100, 1000, 10_000, 100_000],
    (size) => `${size} B payload`,
    (size) => {
      const payload = "x".repeat(size);
      // At most a few MiB at a time, for any payload size.
      const burst = Math.max(10, Math.min(1000, 4_000_000 / size));
      return (surroundings) =>
        emitting(surroundings, (client) => client.emitLog(payload, log), {}, burst);
    },
  ),
  ...each(
    [1, 10, 100],
    (count) => `${count} streams read`,
    (count) => (surroundings) => readingStreams(surroundings, count),
  ),
};

const payloadSizes = { "10 KB": 10_000, "100 KB": 100_000 };

/** Large payloads, compared with the same bytes on a bare TLS socket. */
export const payload: Subjects = Object.fromEntries(
  Object.entries(payloadSizes).flatMap(([name, bytesPerItem]) => {
    const text = "x".repeat(bytesPerItem);
    const burst = 4_000_000 / bytesPerItem;
    const ours = async (surroundings: Surroundings): Promise<Subject> => ({
      ...(await emitting(surroundings, (client) => client.emitLog(text, log), {}, burst)),
      bytesPerItem,
    });
    const tls = async (surroundings: Surroundings): Promise<Subject> => {
      const batch = Array.from({ length: 1_000_000 / bytesPerItem }, () => logEnvelope(text, log));
      return { ...(await tlsEmitting(surroundings, batch)), bytesPerItem };
    };
    return [
      [`ours, ${name}`, ours],
      [`tls, ${name}`, tls],
    ] as const;
  }),
);

/** Sends ten million envelopes through one client, to detect slowdown and memory growth. */
export const long: Subjects = {
  "10 million": async (surroundings: Surroundings): Promise<Subject> => {
    const subject = await emitting(surroundings, (client) => client.emitLog(line, log));
    const figures: Record<string, number> = {};
    return {
      async work(until) {
        // The warm-up is short; the measured work continues until it is complete.
        if (figures["begun"] === undefined) {
          figures["begun"] = 1;
          return subject.work(until);
        }
        const million = await through(subject, 1_000_000);
        const rssBefore = process.memoryUsage.rss();
        const rest = await through(subject, 9_000_000);
        figures["firstMillionPerSecond"] = million.perSecond;
        figures["grownMiB"] = (process.memoryUsage.rss() - rssBefore) / 1024 / 1024;
        return million.items + rest.items;
      },
      figures: () => figures,
      ...(subject.close && { close: subject.close }),
    };
  },
};

async function through(subject: Subject, items: number) {
  const begin = performance.now();
  let done = 0;
  while (done < items) {
    done += await subject.work(performance.now() + 100);
  }
  return { items: done, perSecond: (done / (performance.now() - begin)) * 1000 };
}

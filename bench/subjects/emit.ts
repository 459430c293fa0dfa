import { readFileSync } from "node:fs";
import { logEnvelope } from "@loggregator/api";
import { IngressClient, type IngressClientOptions, loadIngressTls } from "@loggregator/ingress";
import { ChannelCredentials, createChannel, createClient } from "nice-grpc";
import { IngressDefinition } from "../plain/loggregator/v2/ingress.js";
import { batchSize, emitTags, instanceId, line, sourceId } from "../sample.js";
import { type Subject, type Subjects, type Surroundings, tlsPaths } from "../subject.js";
import { tlsEmitting } from "./tls.js";

type Emit = (client: IngressClient) => void;

/** Opens a client of a server that only counts. */
export async function openClient(
  surroundings: Surroundings,
  options: Partial<IngressClientOptions> = {},
): Promise<IngressClient> {
  const tls = await loadIngressTls(tlsPaths(surroundings));
  return new IngressClient({ address: surroundings.ingress, tls, ...options });
}

/** Emits as fast as the transport accepts, limited by the queue. */
export async function emitting(
  surroundings: Surroundings,
  emit: Emit,
  options: Partial<IngressClientOptions> = {},
  burst = batchSize * 10,
  maxQueued = burst * 5,
): Promise<Subject> {
  const client = await openClient(surroundings, options);
  return {
    async work(until) {
      const before = client.stats.sent;
      while (performance.now() < until) {
        for (let i = 0; i < burst; i++) {
          emit(client);
        }
        // The client's queue is bounded: wait before it drops envelopes.
        do {
          await new Promise(setImmediate);
        } while (client.stats.queued > maxQueued);
      }
      await client.flush();
      if (client.stats.dropped > 0) {
        throw new Error(`dropped ${client.stats.dropped}`);
      }
      return client.stats.sent - before;
    },
    close: () => client.close(),
  };
}

const log = { sourceId, instanceId, sourceType: "APP/PROC/WEB", stream: "stdout" } as const;
const withTags = { sourceId, instanceId, tags: emitTags } as const;
const logWithTags = { ...withTags, stream: "stdout" } as const;

export const emit: Subjects = {
  ours: (surroundings) => emitting(surroundings, (client) => client.emitLog(line, logWithTags)),
  plain: (surroundings) => plainEmitting(surroundings),
  tls: (surroundings) =>
    tlsEmitting(
      surroundings,
      Array.from({ length: batchSize }, () => logEnvelope(line, logWithTags)),
    ),
};

/** Counters, gauges and logs with other tags; ours only. */
export const emitKinds: Subjects = {
  "log, no tags": (surroundings) =>
    emitting(surroundings, (client) => client.emitLog(line, { sourceId, instanceId })),
  "log, source type": (surroundings) =>
    emitting(surroundings, (client) => client.emitLog(line, log)),
  "log, 10 tags": (surroundings) =>
    emitting(surroundings, (client) => client.emitLog(line, { ...logWithTags, tags: tenTags })),
  counter: (surroundings) =>
    emitting(surroundings, (client) => client.emitCounter("requests", { delta: 3, ...withTags })),
  gauge: (surroundings) => emitting(surroundings, (client) => client.emitGauge(metrics, withTags)),
};

const tenTags = Object.fromEntries(
  Array.from({ length: 10 }, (_, index) => [`tag-${index}`, `value of tag ${index}`]),
);
const metrics = {
  cpu: { value: 12.5, unit: "percentage" },
  memory: { value: 73_400_320, unit: "bytes" },
};

/** A simple hand-written client: envelopes collected in an array, sent by an async generator. */
function plainEmitting({ ingress, caPath, certPath, keyPath }: Surroundings): Subject {
  const credentials = ChannelCredentials.createSsl(
    readFileSync(caPath),
    readFileSync(keyPath),
    readFileSync(certPath),
  );
  const channel = createChannel(ingress, credentials, {
    "grpc.ssl_target_name_override": "metron",
  });
  const client = createClient(IngressDefinition, channel);
  const utf8 = new TextEncoder();
  return {
    async work(until) {
      let sent = 0;
      async function* batches() {
        while (performance.now() < until) {
          const batch = [];
          for (let i = 0; i < batchSize; i++) {
            batch.push({
              timestamp: BigInt(Date.now()) * 1_000_000n,
              sourceId,
              instanceId,
              tags: { ...emitTags },
              message: {
                $case: "log" as const,
                value: { payload: utf8.encode(line), type: 0 as const },
              },
            });
          }
          sent += batch.length;
          yield { batch };
        }
      }
      await client.batchSender(batches()).catch((error: Error) => {
        if (!error.message.endsWith("EOF")) {
          throw error;
        }
      });
      return sent;
    },
    close: () => channel.close(),
  };
}

import { readFileSync } from "node:fs";
import { selectLog } from "@loggregator/api";
import { EnvelopeStreamConnector, loadEgressTls } from "@loggregator/egress";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { createParser } from "eventsource-parser";
import { ChannelCredentials, createChannel, createClient } from "nice-grpc";
import { EgressDefinition } from "../plain/loggregator/v2/egress.js";
import { EnvelopeBatch } from "../plain/loggregator/v2/envelope.js";
import { look } from "../sample.js";
import { type Subject, type Subjects, type Surroundings, tlsPaths } from "../subject.js";
import { keep } from "./codec.js";
import { tlsReading } from "./tls.js";

type Envelopes = Parameters<typeof look>[0][];

/** Reads until the time is over, and reads every field. */
function reading(open: (signal: AbortSignal) => AsyncIterable<Envelopes>): Subject {
  return {
    async work(until) {
      const abort = new AbortController();
      let items = 0;
      for await (const batch of open(abort.signal)) {
        for (const envelope of batch) {
          keep(look(envelope));
        }
        items += batch.length;
        if (performance.now() >= until) {
          break;
        }
      }
      abort.abort();
      return items;
    },
  };
}

const selectors = [selectLog()];

export const egress: Subjects = {
  async ours(surroundings) {
    const tls = await loadEgressTls(tlsPaths(surroundings));
    const connector = new EnvelopeStreamConnector({ address: surroundings.egress, tls });
    return reading((signal) => connector.stream({ selectors }, { signal }));
  },
  plain(surroundings) {
    const channel = plainChannel(surroundings);
    const client = createClient(EgressDefinition, channel);
    const subject = reading(async function* (signal) {
      for await (const { batch } of client.batchedReceiver({ selectors }, { signal })) {
        yield batch;
      }
    });
    return { ...subject, close: () => channel.close() };
  },
  tls: tlsReading,
};

export const gateway: Subjects = {
  ours({ gateway }) {
    const client = new RlpGatewayClient({ url: gateway });
    return reading((signal) => client.stream({ selectors }, { signal }));
  },
  plain({ gateway }) {
    return reading(async function* (signal) {
      const response = await fetch(`${gateway}/v2/read?log`, { signal });
      const batches: Envelopes[] = [];
      const parser = createParser({
        onEvent: ({ data }) => batches.push(EnvelopeBatch.fromJSON(JSON.parse(data)).batch),
      });
      const text = (response.body as ReadableStream).pipeThrough(new TextDecoderStream());
      for await (const chunk of text) {
        parser.feed(chunk);
        yield* batches.splice(0);
      }
    });
  },
};

/** Reads several streams over the one connection of a connector. */
export async function readingStreams(surroundings: Surroundings, count: number): Promise<Subject> {
  const tls = await loadEgressTls(tlsPaths(surroundings));
  const connector = new EnvelopeStreamConnector({ address: surroundings.egress, tls });
  const streams = Array.from({ length: count }, () =>
    reading((signal) => connector.stream({ selectors }, { signal })),
  );
  return {
    async work(until) {
      const items = await Promise.all(streams.map((stream) => stream.work(until)));
      return items.reduce((sum, count) => sum + count, 0);
    },
  };
}

function plainChannel({ egress, caPath, certPath, keyPath }: Surroundings) {
  const credentials = ChannelCredentials.createSsl(
    readFileSync(caPath),
    readFileSync(keyPath),
    readFileSync(certPath),
  );
  return createChannel(egress, credentials, { "grpc.ssl_target_name_override": "reverselogproxy" });
}

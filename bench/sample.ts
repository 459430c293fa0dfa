import { type Envelope, logEnvelope } from "@loggregator/api";

// The envelope of the benchmarks: a log line of 91 bytes, of an app on Cloud Foundry.

export const line =
  '{"level":"info","msg":"request served","path":"/v2/apps","status":200,"duration_ms":12.345}';
export const sourceId = "984992f6-3cfb-4417-9321-786ee5233e9c";
export const instanceId = "3";
export const emitTags = { deployment: "cf-production", origin: "gorouter" };
const readTags = {
  ...emitTags,
  job: "diego-cell",
  index: "f2c1a3f6-8b1c-4f51-a7be-0f1f3b5ad6d1",
  ip: "10.244.0.128",
  source_type: "APP/PROC/WEB",
};

/** The number of envelopes in a batch. */
export const batchSize = 100;

/** Creates a batch as readers receive it: each envelope has six tags. */
export function sampleBatch(size = batchSize): Envelope[] {
  return Array.from({ length: size }, (_, index) =>
    logEnvelope(line, {
      sourceId,
      instanceId,
      tags: readTags,
      stream: "stdout",
      timestamp: 1_795_363_066_942_000_000n + BigInt(index) * 1_234n,
    }),
  );
}

/** Sums values of all fields of an envelope, so that every field is decoded. */
export function look({
  timestamp,
  sourceId,
  instanceId,
  tags,
  deprecatedTags,
  message,
}: Envelope): number {
  let sum = Number(timestamp & 0xffffn) + sourceId.length + instanceId.length;
  for (const name in tags) {
    sum += name.length + (tags[name] as string).length;
  }
  for (const name in deprecatedTags) {
    sum += name.length;
  }
  if (message?.$case === "log") {
    const { payload, type } = message.value;
    sum += payload.length + (payload[0] ?? 0) + (payload[payload.length - 1] ?? 0) + type;
  }
  return sum;
}

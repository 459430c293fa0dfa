import { readFileSync } from "node:fs";
import { decodeEnvelopeBatch } from "@loggregator/api";
import { EnvelopeCompleter } from "@loggregator/conversion";
import { expect, test } from "vitest";
import {
  ExportLogsServiceRequest,
  ExportMetricsServiceRequest,
  ExportTraceServiceRequest,
  type KeyValue,
  type Metric,
} from "../../messages.js";
import { toOtlp } from "./toOtlp.js";

// Recorded from a forwarder agent (loggregator-agent v8.3.24) with the tag `deployment: cf`: envelopes,
// and the requests that its collector received.

interface Vector {
  readonly envelope: string;
  readonly signal: "logs" | "metrics" | "traces";
  readonly request: string | null;
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../vectors/otlp-cf.json", import.meta.url), "utf8"),
) as readonly Vector[];

const messages = {
  logs: ExportLogsServiceRequest,
  metrics: ExportMetricsServiceRequest,
  traces: ExportTraceServiceRequest,
};

/**
 * The agent's order of attributes and metrics is random, and its observed time differs in each run.
 */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(comparable);
    const sortKey = (item: unknown) => {
      const { key, name } = (item ?? {}) as Partial<KeyValue> & { name?: string };
      return key ?? name ?? "";
    };
    return items.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  }
  if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    const entries = Object.entries(value).filter(([name]) => name !== "observedTimeUnixNano");
    return Object.fromEntries(entries.map(([name, item]) => [name, comparable(item)]));
  }
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

function metricsOf(request: object): readonly Metric[] {
  const { resourceMetrics = [] } = request as Partial<ExportMetricsServiceRequest>;
  return resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics),
  );
}

/** The names of the first attributes in a request, in order. */
function attributesOf(request: unknown): string[] {
  const text = JSON.stringify(request, (_, value) => (typeof value === "bigint" ? 0 : value));
  return JSON.parse(/"attributes":(\[.+?\])[,}]"(?!key|value)/.exec(text)?.[1] ?? "[]").map(
    ({ key }: KeyValue) => key,
  );
}

// The counters of the recording have running totals, so all vectors pass through one completer.
const completer = new EnvelopeCompleter([["deployment", "cf"]]);

// The agent sent the first metric of vector 48 at once, and the others with vector 49.
const split = [48, 49];

test("the metrics of a gauge that the agent sent in two requests are the same", () => {
  const ours = split.flatMap((index) => {
    const { envelope } = vectors[index] as Vector;
    const { batch } = decodeEnvelopeBatch(Buffer.from(envelope, "hex"));
    return metricsOf(toOtlp(batch, { mode: "cf", completer }).metrics ?? {});
  });
  const theirs = split.flatMap((index) => {
    const { request } = vectors[index] as Vector;
    return metricsOf(ExportMetricsServiceRequest.decode(Buffer.from(request ?? "", "hex")));
  });
  expect(ours).toHaveLength(4);
  expect(comparable(ours)).toEqual(comparable(theirs));
});

test.each(
  vectors
    .map((vector, index) => [index, vector] as const)
    .filter(([index]) => !split.includes(index)),
)("vector %i becomes the agent's request", (_, { envelope, signal, request }) => {
  const { batch } = decodeEnvelopeBatch(Buffer.from(envelope, "hex"));
  const requests = toOtlp(batch, { mode: "cf", completer });
  const ours = requests[signal];
  const payload = batch[0]?.message?.$case === "log" ? batch[0].message.value.payload : undefined;
  if (payload !== undefined && Buffer.from(payload).toString("hex") === "fffe41") {
    // The agent loses the batch of a log that is not UTF-8. The mapping decodes it with U+FFFD.
    expect(request).toBeNull();
    expect(
      JSON.stringify(comparable(ours), (_, value) => (typeof value === "bigint" ? 0 : value)),
    ).toContain("\u{fffd}\u{fffd}A");
    return;
  }
  if (request === null) {
    expect(requests).toEqual({});
    return;
  }
  expect(Object.keys(requests)).toEqual([signal]);
  const theirs = messages[signal].decode(Buffer.from(request, "hex"));
  const bytes = messages[signal].encode(ours as never).finish();
  expect(comparable(ours)).toEqual(comparable(theirs));
  expect(comparable(messages[signal].decode(bytes))).toEqual(comparable(theirs));
  for (const attributes of [attributesOf(ours), attributesOf(theirs)]) {
    expect(attributes.slice(0, 2)).toEqual(["instance_id", "source_id"]);
  }
});

import type { RequestListener } from "node:http";
import { type Envelope, isCounter, isGauge } from "@loggregator/api";
import { IngressClient } from "@loggregator/ingress";
import { serveHttp } from "@loggregator/testing";
import { startAgent } from "@loggregator/testing/agent";
import { Counter, Gauge, Histogram, Registry, Summary } from "prom-client";
import { expect, test, vi } from "vitest";
import { emitEndpoint, emitRegistry, type ScrapeError } from "../index.js";

/** A compact form of an envelope, without the agent's tags. */
function brief(envelope: Envelope) {
  const { sourceId, instanceId, tags } = envelope;
  const own = Object.entries(tags).filter(([name]) => /^(le|quantile|team|code|unit)$/.test(name));
  const value = isCounter(envelope)
    ? { [envelope.message.value.name]: envelope.message.value.total }
    : isGauge(envelope) && envelope.message.value.metrics;
  return [sourceId, instanceId, Object.fromEntries(own), value];
}

test("an agent receives a registry by the rules of the prom scraper", async () => {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ["source_id", "unit", "code"];
  new Counter({ name: "hits", help: "h", labelNames, registers }).inc(
    { unit: "u", code: "1" },
    2.9,
  );
  const gauge = new Gauge({ name: "temp", help: "h", labelNames, registers });
  gauge.set({ unit: "celsius", source_id: "other" }, 21.5);
  const histogram = new Histogram({ name: "size", help: "h", buckets: [0.5, 1e6], registers });
  histogram.observe(0.25);
  histogram.observe(2e6);
  const summary = new Summary({ name: "wait", help: "h", percentiles: [0.5], registers });
  summary.observe(3);

  await using agent = await startAgent();
  await using client = new IngressClient({ ...agent.ingress, flushIntervalMs: 1 });
  const options = { intervalMs: 10_000, sourceId: "app", instanceId: "1", tags: { team: "x" } };
  const emitter = emitRegistry(registry, client, options);
  await emitter.close();
  await agent.until(10);
  const team = { team: "x" };
  expect(agent.received.map(brief)).toEqual([
    ["app", "1", { ...team, unit: "u", code: "1" }, { hits: 2n }],
    ["other", "1", team, { temp: { unit: "celsius", value: 21.5 } }],
    ["app", "1", { ...team, le: "0.5" }, { size_bucket: 1n }],
    ["app", "1", { ...team, le: "1e+06" }, { size_bucket: 1n }],
    ["app", "1", { ...team, le: "+Inf" }, { size_bucket: 2n }],
    ["app", "1", team, { size_sum: { unit: "", value: 2000000.25 } }],
    ["app", "1", team, { size_count: 2n }],
    ["app", "1", { ...team, quantile: "0.5" }, { wait: { unit: "", value: 3 } }],
    ["app", "1", team, { wait_sum: { unit: "", value: 3 } }],
    ["app", "1", team, { wait_count: 1n }],
  ]);
  expect(emitter.stats).toEqual({ emitted: 10, failed: 0, skipped: 0 });
});

test("an agent receives a scraped endpoint at each interval", async () => {
  const text = [
    "# TYPE up gauge",
    'up{source_id="scraped",unit="bool"} 1',
    "# TYPE big_total counter",
    "big_total 1.8446744073709552e+19",
    "# TYPE negative counter",
    "negative -1",
    "# TYPE foo counter",
    "foo_total 7",
    "foo_created 1.5e9",
    "untyped 1",
    "# TYPE h histogram",
    'h_bucket{le="1.0"} 3',
    "",
  ].join("\n");
  const requests: unknown[] = [];
  await using server = await serveHttp(({ headers, url }, response) => {
    requests.push([url, headers.authorization]);
    response.end(text);
  });
  await using agent = await startAgent();
  await using client = new IngressClient({ ...agent.ingress, flushIntervalMs: 1 });
  await using emitter = emitEndpoint(`${server.url}/metrics`, client, {
    intervalMs: 5,
    sourceId: "default",
    headers: { authorization: "Bearer t" },
  });
  await agent.until(6);
  await emitter.close();
  expect(agent.received.slice(0, 3).map(brief)).toEqual([
    ["scraped", "", {}, { up: { unit: "bool", value: 1 } }],
    ["default", "", {}, { foo_total: 7n }],
    ["default", "", { le: "1" }, { h_bucket: 3n }],
  ]);
  expect(requests[0]).toEqual(["/metrics", "Bearer t"]);
  const { emitted, skipped, failed } = emitter.stats;
  expect(skipped / emitted).toBe(4 / 3);
  expect(failed).toBe(0);
});

const failures: [string, RequestListener, Partial<ScrapeError>][] = [
  ["a status", (_, response) => response.writeHead(503).end("x"), { status: 503 }],
  [
    "a redirect",
    (_, response) => response.writeHead(302, { location: "/" }).end(),
    { status: 302 },
  ],
  [
    "text that is no metric",
    (_, response) => response.end("<html>"),
    { message: 'line 1 is not a Prometheus metric: "<html>"' },
  ],
  [
    "too many bytes",
    (_, response) => response.end("a 1\n".repeat(1_000)),
    { message: "the answer broke off, or has more than 1000 bytes (maxBytes)" },
  ],
  [
    "a broken answer",
    (_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("a 1\n", () => response.destroy());
    },
    { status: 200 },
  ],
  ["no answer", () => {}, { message: "no answer within 100 ms" }],
  [
    "half an answer",
    (_, response) => response.write("a 1\n"),
    { message: "no answer within 100 ms" },
  ],
];

test.each(failures)(
  "%s is a failed scrape, and the next one follows",
  async (_, fail, expected) => {
    let isFailing = true;
    await using server = await serveHttp((request, response) =>
      isFailing ? fail(request, response) : response.end("# TYPE ok gauge\nok 1\n"),
    );
    const emitted = deferred();
    const sink = { emitLog() {}, emitCounter() {}, emitGauge: () => emitted.resolve() };
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    await using emitter = emitEndpoint(`${server.url}/metrics`, sink, {
      intervalMs: 5,
      timeoutMs: 100,
      maxBytes: 1000,
      logger,
    });
    for await (const status of emitter.status()) {
      if (status.type === "retrying") {
        expect(status.error.message).toContain(`${server.url}/metrics was not emitted: `);
        expect(status.error.cause).toMatchObject({ name: "ScrapeError", ...expected });
        break;
      }
    }
    isFailing = false;
    await emitted.promise;
    expect(emitter.stats.failed).toBeGreaterThanOrEqual(1);
    expect(logger.error).toHaveBeenCalled();
  },
);

test("an abort ends a scrape under way without a failure", async () => {
  const requested = deferred();
  await using server = await serveHttp(() => requested.resolve());
  const sink = { emitLog() {}, emitCounter() {}, emitGauge() {} };
  const stop = new AbortController();
  const emitter = emitEndpoint(`${server.url}/metrics`, sink, {
    intervalMs: 5,
    signal: stop.signal,
  });
  await requested.promise;
  stop.abort();
  await emitter.close();
  expect(emitter.stats).toEqual({ emitted: 0, failed: 0, skipped: 0 });
});

test("a metric that cannot be read is a failure of the collection", async () => {
  const registry = new Registry();
  new Gauge({
    name: "g",
    help: "h",
    registers: [registry],
    collect() {
      throw new Error("no value");
    },
  });
  const sink = { emitLog() {}, emitCounter() {}, emitGauge() {} };
  const emitter = emitRegistry(registry, sink, { logger: null });
  await emitter.close();
  expect(emitter.stats).toEqual({ emitted: 0, failed: 1, skipped: 0 });
});

test("errors that the emitter throws are counted, and the other metrics are emitted", async () => {
  const registry = new Registry();
  new Gauge({ name: "g", help: "h", registers: [registry] });
  new Counter({ name: "c", help: "h", registers: [registry] });
  const emitCounter = vi.fn();
  const emitGauge = () => {
    throw new Error("full");
  };
  const emitter = emitRegistry(
    registry,
    { emitLog() {}, emitCounter, emitGauge },
    { logger: null },
  );
  await emitter.close();
  expect(emitCounter).toHaveBeenCalledOnce();
  expect(emitter.stats).toEqual({ emitted: 1, failed: 1, skipped: 0 });
});

test("rejects invalid arguments and options", () => {
  const registry = new Registry();
  const sink = { emitLog() {}, emitCounter() {}, emitGauge() {} };
  expect(() => emitRegistry({} as never, sink)).toThrow("registry must be a Registry");
  expect(() => emitRegistry(registry, {} as never)).toThrow("emitter must be an object with");
  expect(() => emitRegistry(registry, sink, { intervalMs: 0 })).toThrow("intervalMs must be");
  expect(() => emitRegistry(registry, sink, { interval: 1 } as never)).toThrow('"intervalMs"');
  expect(() => emitRegistry(registry, sink, { tags: { a: 1 } } as never)).toThrow("tags.a must be");
  expect(() => emitEndpoint("ftp://x", sink)).toThrow("url must be an http or https URL");
  expect(() => emitEndpoint("http://x", sink, { maxBytes: 0 })).toThrow("maxBytes must be");
  const headers = { a: 1 } as never;
  expect(() => emitEndpoint("http://x", sink, { headers })).toThrow("headers.a must be");
});

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

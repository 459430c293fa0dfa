import { createSocket } from "node:dgram";
import { once } from "node:events";
import { request } from "node:http";
import * as v1 from "@loggregator/api/v1";
import { fromEnvelope, marshal } from "@loggregator/rfc5424";
import { describe, expect, test } from "vitest";
import { Example } from "./testing/example.js";
import { Gateway } from "./testing/gateway.js";
import { log, oneOfEach, startLoggregator, time, types } from "./testing/loggregator.js";

describe("v2-ingress", () => {
  test("sends every type, and flushes the queue on Ctrl-C", async () => {
    await using loggregator = await startLoggregator();
    await using example = new Example("v2-ingress.js", loggregator.env);
    await example.printed(/^round 2: /);
    expect(await example.interrupt()).toBe(0);

    const { received } = loggregator;
    expect(types(received.slice(0, 5))).toEqual(["event", "log", "counter", "gauge", "timer"]);
    expect(received.every(({ sourceId }) => sourceId === "v2-ingress-example")).toBe(true);
    expect(example.lines.at(-1)).toBe(`envelopes sent: ${received.length - 1}, dropped: 0`);
    expect(example.stderr).toBe("");
  });

  test("without certificates, prints in one line which file is missing", async () => {
    await using example = new Example("v2-ingress.js");
    expect(await example.ended()).toBe(1);
    // All three are missing, and any of them may be reported.
    expect(example.stderr).toMatch(/^TlsError: [^\n]+"(?:ca|client)\.(?:crt|key)"[^\n]+\n$/);
  });
});

test("v1-ingress sends datagrams, and flushes the queue on Ctrl-C", async () => {
  const agent = createSocket("udp4");
  const received: v1.Envelope[] = [];
  agent.on("message", (bytes) => received.push(v1.Envelope.decode(bytes)));
  agent.bind(0, "127.0.0.1");
  await once(agent, "listening");
  try {
    const env = { LOGGREGATOR_V1_ADDRESS: `127.0.0.1:${agent.address().port}` };
    await using example = new Example("v1-ingress.js", env);
    await example.printed(/^round 2: /);
    expect(await example.interrupt()).toBe(0);

    const sent = Number(
      /^envelopes sent: (\d+), dropped: 0$/.exec(example.lines.at(-1) ?? "")?.[1],
    );
    while (received.length < sent) {
      await once(agent, "message");
    }
    expect(received.slice(0, 3).map(({ eventType }) => eventType)).toEqual([
      v1.Envelope_EventType.LogMessage,
      v1.Envelope_EventType.CounterEvent,
      v1.Envelope_EventType.ValueMetric,
    ]);
    expect(received.every(({ origin }) => origin === "v1-ingress-example")).toBe(true);
  } finally {
    agent.close();
  }
});

test("runtime-stats sends gauges of the process at the interval, until Ctrl-C", async () => {
  await using loggregator = await startLoggregator();
  const env = { ...loggregator.env, RUNTIME_STATS_INTERVAL_MS: "50" };
  await using example = new Example("runtime-stats.js", env);
  await loggregator.emulator.until(({ received }) => received >= 3);
  expect(await example.interrupt()).toBe(0);

  const { received } = loggregator;
  expect(types(received).every((type) => type === "gauge")).toBe(true);
  const [{ message } = log] = received;
  const metrics = message?.$case === "gauge" ? message.value.metrics : {};
  expect(metrics["memoryStats.numBytesAllocatedHeap"]?.value).toBeGreaterThan(1_000_000);
  expect(example.lines).toEqual([
    `emitting to ${env.LOGGREGATOR_INGRESS_ADDRESS} every 50 ms`,
    `envelopes sent: ${received.length}, dropped: 0`,
  ]);
});

test("rfc5424 writes, reads and streams messages", async () => {
  await using example = new Example("rfc5424.js");
  expect(await example.ended()).toBe(0);
  expect(example.stderr).toBe("");
  expect(example.lines[0]).toMatch(
    /^<30>1 \S+ my-host rfc5424-example \d+ - \[build@1234 revision="1.2.3"\] Hello, World!$/,
  );
  expect(example.lines.slice(-2)).toEqual([
    "my-app [APP/PROC/WEB/0] GET /cart 200",
    "my-app [APP/PROC/WEB/1] payment: connection refused",
  ]);
});

describe("syslog-drain-receiver", () => {
  const env = { HOST: "127.0.0.1", PORT: "0" };
  const urlOf = async (example: Example) =>
    (await example.printed(/^listening on /))[0]?.slice("listening on ".length) ?? "";
  const post = async (url: string, body: BodyInit) =>
    (await fetch(url, { method: "POST", body })).status;

  test("prints the fields of the envelopes that a drain posts, and ends on Ctrl-C", async () => {
    await using example = new Example("syslog-drain-receiver.js", env);
    const url = await urlOf(example);
    const tags = { app_name: "shop", space_name: "prod", organization_name: "acme" };
    for (const envelope of oneOfEach) {
      for (const message of fromEnvelope({ ...envelope, tags: { ...envelope.tags, ...tags } })) {
        expect(await post(url, marshal(message) as Uint8Array<ArrayBuffer>)).toBe(200);
      }
    }
    expect(await example.interrupt()).toBe(0);

    const fields = { time, app: "acme.prod.shop", sourceId: "my-app", instanceId: "0", tags };
    expect(example.lines.slice(1).map((line) => JSON.parse(line))).toEqual([
      {
        ...fields,
        type: "log",
        sourceType: "APP/PROC/WEB",
        stream: "stdout",
        text: "hello\u001b[2Jthere",
        tags: { ...tags, source_type: "APP/PROC/WEB" },
      },
      { ...fields, type: "counter", name: "requests", total: "0", delta: "2" },
      { ...fields, type: "gauge", name: "cpu", value: "12.5", unit: "percentage" },
      { ...fields, type: "timer", name: "http", start: "1000000", stop: "24500000" },
      { ...fields, type: "event", title: "deploy", body: "v42 is live" },
    ]);
  });

  test("refuses bodies that are not a message, or too long, and continues", async () => {
    await using example = new Example("syslog-drain-receiver.js", env);
    const url = await urlOf(example);
    expect(await post(url, "hello")).toBe(400);
    expect(await post(url, "x".repeat(2 * 1024 * 1024))).toBe(413);
    expect(await post(url, "<14>1 2026-01-02T03:04:05.678+00:00 - app [0] - - hello")).toBe(200);
    await example.printed(/"sourceId":"app"/);
    expect(example.stderr).toContain('priority must begin with <, got "hello"');
    expect(await example.interrupt()).toBe(0);
  });
});

describe("browser-tail", () => {
  const serve = (gateway: Gateway) =>
    new Example("browser-tail/serve.js", {
      LOGGREGATOR_GATEWAY_URL: gateway.url,
      CF_TOKEN: "bearer sesame",
      PORT: "0",
    });

  test("serves the page, and forwards its stream with the token until it is closed", async () => {
    await using gateway = await Gateway.start("sesame");
    await using example = serve(gateway);
    const [url = ""] = await example.printed(/^http/);
    expect(await (await fetch(url)).text()).toContain('<script type="module" src="page.js">');
    const script = await fetch(`${url}/page.js`);
    expect(script.headers.get("content-type")).toBe("text/javascript");
    expect(await script.text()).not.toMatch(/^import /m);

    const abort = new AbortController();
    const answer = await fetch(`${url}/v2/read?log`, { signal: abort.signal });
    const stream = await gateway.stream();
    expect(stream.url).toBe("/v2/read?log");
    stream.send(log);
    const chunk = await answer.body?.getReader().read();
    expect(new TextDecoder().decode(chunk?.value)).toContain('data: {"batch":[');
    abort.abort();
    await stream.closed;

    expect(await example.interrupt()).toBe(0);
    expect(example.stderr).toBe("");
  });

  test("refuses requests for another host name", async () => {
    await using gateway = await Gateway.start("sesame");
    await using example = serve(gateway);
    const [url = ""] = await example.printed(/^http/);
    const asking = request(`${url}/v2/read?log`, { headers: { host: "evil.example.com" } }).end();
    const [answer] = await once(asking, "response");
    expect(answer.statusCode).toBe(403);
    answer.resume();
    expect(gateway.requests).toEqual([]);
  });

  test("answers 502 if the gateway is down", async () => {
    const gone = await Gateway.start("sesame");
    await using example = serve(gone);
    const [url = ""] = await example.printed(/^http/);
    await gone[Symbol.asyncDispose]();
    expect((await fetch(`${url}/v2/read?log`)).status).toBe(502);
    expect(await example.interrupt()).toBe(0);
  });
});

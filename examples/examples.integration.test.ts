import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import * as v1 from "@loggregator/api/v1";
import { type ClientTls, startEmulator } from "@loggregator/emulator";
import { fromEnvelope, marshal } from "@loggregator/rfc5424";
import { reserveTcpPort, reserveUdpPort } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { Example } from "./testing/example.js";
import { Gateway } from "./testing/gateway.js";

const common = {
  sourceId: "my-app",
  instanceId: "0",
  timestamp: new Date("2026-01-02T03:04:05.678Z"),
};
const time = "2026-01-02T03:04:05.678Z";
const log = logEnvelope("hello\u001b[2Jthere", {
  ...common,
  stream: "stdout",
  sourceType: "APP/PROC/WEB",
});
const oneOfEach: Envelope[] = [
  log,
  counterEnvelope("requests", { ...common, delta: 2 }),
  gaugeEnvelope({ cpu: { value: 12.5, unit: "percentage" } }, common),
  timerEnvelope("http", 1_000_000n, 24_500_000n, common),
  eventEnvelope("deploy", "v42 is live", common),
];

/** Starts an emulator, and returns what it receives and the environment for the examples. */
async function startLoggregator() {
  const received: Envelope[] = [];
  const emulator = await startEmulator({ onEnvelope: (envelope) => received.push(envelope) });
  const folder = await mkdtemp(join(tmpdir(), "loggregator-examples-"));
  const write = async ({ ca, cert, key }: ClientTls) => {
    const paths = {
      LOGGREGATOR_CA_PATH: join(folder, "ca.crt"),
      LOGGREGATOR_CERT_PATH: join(folder, "client.crt"),
      LOGGREGATOR_KEY_PATH: join(folder, "client.key"),
    };
    await writeFile(paths.LOGGREGATOR_CA_PATH, ca);
    await writeFile(paths.LOGGREGATOR_CERT_PATH, cert);
    await writeFile(paths.LOGGREGATOR_KEY_PATH, key, { mode: 0o600 });
    return paths;
  };
  const env = {
    ...(await write(emulator.tls.ingress)),
    LOGGREGATOR_INGRESS_ADDRESS: emulator.ingress.address,
    LOGGREGATOR_EGRESS_ADDRESS: emulator.egress.address,
  };
  return {
    emulator,
    received,
    env,
    async [Symbol.asyncDispose]() {
      await emulator.close();
      await rm(folder, { recursive: true });
    },
  };
}

const types = (envelopes: Envelope[]) => envelopes.map(({ message }) => message?.$case);

describe("v2-ingress", () => {
  test("sends every type, and what is queued on Ctrl-C", async () => {
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

describe("without a server", () => {
  test.each(["v2-ingress.js", "runtime-stats.js"])(
    "%s goes on, says why, and exits with 1 on Ctrl-C",
    async (path) => {
      await using loggregator = await startLoggregator();
      await using port = await reserveTcpPort();
      await using example = new Example(path, {
        ...loggregator.env,
        LOGGREGATOR_INGRESS_ADDRESS: port.address,
        RUNTIME_STATS_INTERVAL_MS: "50",
      });
      await example.printedErrors(/127\.0\.0\.1/);
      expect(await example.interrupt()).toBe(1);
      expect(example.stderr).toMatch(/\nIngressError: [^\n]+\n$/);
      expect(example.stderr).not.toMatch(/^ +at /m);
    },
  );

  test.each(["envelope-stream.js", "nozzle-egress.js"])(
    "%s retries, says why, and exits with 0 on Ctrl-C",
    async (path) => {
      await using loggregator = await startLoggregator();
      await using port = await reserveTcpPort();
      const env = { ...loggregator.env, LOGGREGATOR_EGRESS_ADDRESS: port.address };
      await using example = new Example(path, env);
      await example.printedErrors(/127\.0\.0\.1/, 2);
      expect(await example.interrupt()).toBe(0);
      expect(example.stderr).not.toMatch(/^ +at /m);
    },
  );

  test("v1-ingress goes on, says why, and exits with 0 on Ctrl-C", async () => {
    await using port = await reserveUdpPort();
    await using example = new Example("v1-ingress.js", { LOGGREGATOR_V1_ADDRESS: port.address });
    await example.printedErrors(/127\.0\.0\.1/);
    expect(await example.interrupt()).toBe(0);
    expect(example.stderr).not.toMatch(/^ +at /m);
  });

  test("tail-gateway retries, says why, and exits with 0 on Ctrl-C", async () => {
    await using port = await reserveTcpPort();
    const env = { LOGGREGATOR_GATEWAY_URL: `http://${port.address}`, CF_TOKEN: "x" };
    await using example = new Example("tail-gateway.js", env);
    await example.printedErrors(/127\.0\.0\.1/, 2);
    expect(await example.interrupt()).toBe(0);
    expect(example.stderr).not.toMatch(/^ +at /m);
  });

  test.each(["envelope-stream.js", "nozzle-egress.js", "runtime-stats.js", "tail-gateway.js"])(
    "%s without any configuration exits with 1 and one line",
    async (path) => {
      await using example = new Example(path);
      expect(await example.ended()).toBe(1);
      expect(example.stderr).toMatch(/^\w+Error: [^\n]+\n$/);
    },
  );
});

test("v1-ingress sends datagrams, and what is queued on Ctrl-C", async () => {
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

test("envelope-stream prints every type, and ends on Ctrl-C", async () => {
  await using loggregator = await startLoggregator();
  const { emulator } = loggregator;
  const env = { ...loggregator.env, LOGGREGATOR_SOURCE_ID: "my-app" };
  await using example = new Example("envelope-stream.js", env);
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  emulator.emit(logEnvelope("of another source", { sourceId: "other" }));
  for (const envelope of oneOfEach) {
    emulator.emit(envelope);
  }
  await example.printed(/^/, 5);

  expect(await example.interrupt()).toBe(0);
  await emulator.until(({ egressStreams }) => egressStreams === 0);
  // The five types are five subscriptions, whose envelopes may arrive in any order.
  expect(example.lines.sort()).toEqual([
    `${time} my-app/0 counter requests: +2, total 2`,
    `${time} my-app/0 event deploy: v42 is live`,
    `${time} my-app/0 gauge cpu: 12.5 percentage`,
    `${time} my-app/0 log hello [2Jthere`,
    `${time} my-app/0 timer http: 23.5 ms`,
  ]);
  expect(example.stderr).toBe("");
});

test("nozzle-egress, started twice, splits the load and counts it", async () => {
  await using loggregator = await startLoggregator();
  const { emulator, env } = loggregator;
  await using first = new Example("nozzle-egress.js", env);
  await using second = new Example("nozzle-egress.js", env);
  await emulator.until(({ egressStreams }) => egressStreams === 2);
  for (let round = 0; round < 40; round++) {
    for (const envelope of oneOfEach) {
      emulator.emit(envelope);
    }
  }

  const counted = ({ stdout }: Example) =>
    [...stdout.matchAll(/(\d+) (?:log|counter|gauge|timer|event)/g)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  for (let report = 1; counted(first) + counted(second) < 200; report++) {
    await Promise.all([first, second].map((nozzle) => nozzle.printed(/ dropped$/, report)));
  }
  for (const nozzle of [first, second]) {
    expect(await nozzle.interrupt()).toBe(0);
    expect(counted(nozzle)).toBeGreaterThan(0);
    expect(nozzle.lines.at(-1)).toBe(`total: ${counted(nozzle)}`);
    expect(nozzle.stderr).toBe("");
  }
  expect(counted(first) + counted(second)).toBe(200);
});

describe("tail-gateway", () => {
  test("prints what the gateway sends, and closes the stream on Ctrl-C", async () => {
    await using gateway = await Gateway.start("sesame");
    await using example = new Example("tail-gateway.js", {
      LOGGREGATOR_GATEWAY_URL: gateway.url,
      CF_TOKEN: "bearer sesame",
      LOGGREGATOR_SOURCE_ID: "my-app",
      LOGGREGATOR_SHARD_ID: "tail",
    });
    const stream = await gateway.stream();
    stream.send(...oneOfEach);
    await example.printed(/^/, 5);

    expect(await example.interrupt()).toBe(0);
    await stream.closed;
    expect(stream.url).toBe(
      "/v2/read?shard_id=tail&source_id=my-app&log&counter&gauge&timer&event",
    );
    expect(example.lines[0]).toBe(`${time} my-app [APP/PROC/WEB/0] OUT hello [2Jthere`);
    expect(example.lines[4]).toContain('"event":{"title":"deploy","body":"v42 is live"}');
  });

  test("gets its token from the UAA if that is configured", async () => {
    await using gateway = await Gateway.start("from-uaa");
    await using example = new Example("tail-gateway.js", {
      LOGGREGATOR_GATEWAY_URL: gateway.url,
      UAA_URL: gateway.url,
      UAA_CLIENT_ID: "tail",
      UAA_CLIENT_SECRET: "secret",
    });
    const stream = await gateway.stream();
    stream.send(log);
    await example.printed(/hello/);
    expect(await example.interrupt()).toBe(0);
  });

  test("prints in one line that the token is refused, without the token", async () => {
    await using gateway = await Gateway.start("sesame");
    const env = { LOGGREGATOR_GATEWAY_URL: gateway.url, CF_TOKEN: "wrong-token" };
    await using example = new Example("tail-gateway.js", env);
    expect(await example.ended()).toBe(1);
    expect(example.stderr).toContain("404");
    expect(example.stderr.trim().split("\n")).toHaveLength(1);
    expect(example.stderr).not.toContain("wrong-token");
  });
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

  test("answers nobody who asks for it by another name", async () => {
    await using gateway = await Gateway.start("sesame");
    await using example = serve(gateway);
    const [url = ""] = await example.printed(/^http/);
    const asking = request(`${url}/v2/read?log`, { headers: { host: "evil.example.com" } }).end();
    const [answer] = await once(asking, "response");
    expect(answer.statusCode).toBe(403);
    answer.resume();
    expect(gateway.requests).toEqual([]);
  });

  test("a gateway that is not there is a 502", async () => {
    const gone = await Gateway.start("sesame");
    await using example = serve(gone);
    const [url = ""] = await example.printed(/^http/);
    await gone[Symbol.asyncDispose]();
    expect((await fetch(`${url}/v2/read?log`)).status).toBe(502);
    expect(await example.interrupt()).toBe(0);
  });
});

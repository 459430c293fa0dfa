import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { logEnvelope, parseEnvelopeBatch } from "@loggregator/api";
import { createDrainReceiver } from "@loggregator/drain";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { listen, NozzleProgram, nozzleTotal, reserveTcpPort } from "@loggregator/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bin } from "../../testing/loggregator.js";
import { EnvironmentFile } from "../emulate/environmentFile.js";

let emulator: Emulator;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  emulator = await startEmulator({
    gateway: { tokens: { good: "all" } },
  });
  folder = await mkdtemp(join(tmpdir(), "loggregator-nozzle-"));
  const file = await EnvironmentFile.prepare(join(folder, "test.env"));
  await file.write({}, emulator.tls.ingress);
  env = {
    LOGGREGATOR_EGRESS_ADDRESS: emulator.egress.address,
    LOGGREGATOR_CA_PATH: `${file.path}.certs/ca.crt`,
    LOGGREGATOR_CERT_PATH: `${file.path}.certs/client.crt`,
    LOGGREGATOR_KEY_PATH: `${file.path}.certs/client.key`,
  };
});

afterAll(async () => {
  await emulator.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a nozzle, and waits until it reads this number of streams. */
async function start(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  streams = 1,
): Promise<NozzleProgram> {
  const nozzle = await NozzleProgram.start(bin, args, { ...env, ...variables });
  if (streams > 0) {
    await emulator.until(
      ({ egressStreams, gatewayStreams }) => egressStreams + gatewayStreams === streams,
    );
    await nozzle.untilHealth(({ status }) => status === "ok");
  }
  return nozzle;
}

test("writes selected envelopes to standard output, and reports health and metrics", async () => {
  await using nozzle = await start(["-s", "app", "--grep", "line"], { NOZZLE_TO: "stdout" });
  emulator.emit(logEnvelope("line 1", { sourceId: "app" }));
  emulator.emit(logEnvelope("other", { sourceId: "app" }));
  emulator.emit(logEnvelope("line 2", { sourceId: "other" }));
  const health = await nozzle.untilHealth((health) => nozzleTotal(health, "received") === 2);
  expect(health.workers[0]).toMatchObject({ state: "running", sent: 1, filtered: 1, queued: 0 });
  expect((await fetch(nozzle.url("/healthz"))).status).toBe(200);
  expect((await fetch(nozzle.url("/livez"))).status).toBe(200);
  expect((await fetch(nozzle.url("//?"))).status).toBe(404);
  const metrics = await (await fetch(nozzle.url("/metrics?x"))).text();
  expect(metrics).toContain('loggregator_nozzle_received_total{worker="1"} 2\n');
  expect(metrics).toContain('loggregator_nozzle_dropped_total{worker="1",reason="refused"} 0\n');
  expect(metrics).toMatch(/loggregator_nozzle_resident_memory_bytes\{worker="1"\} \d{7,}\n/);
  const { code, stdout, stderr } = await nozzle.stop();
  expect(code).toBe(0);
  expect(stderr).toMatch(/2 envelopes received, 1 envelope sent\n$/);
  const { batch } = parseEnvelopeBatch(`{"batch":[${stdout.trim()}]}`);
  expect(batch).toMatchObject([{ sourceId: "app" }]);
});

test("sends to a drain, with two workers that share the envelopes", async () => {
  const receiver = createDrainReceiver({ logger: null });
  const server = await receiver.listenTcp({ host: "127.0.0.1", port: 0 });
  const to = `syslog://me:geheim@${server.address}`;
  await using nozzle = await start(["--to", to, "--workers", "2", "--type", "log"], {}, 2);
  const before = await nozzle.health();
  expect(before.shardId).toMatch(/^nozzle-[\da-f]{12}$/);
  const numbers = Array.from({ length: 400 }, (_, number) => `number ${number}`);
  for (const text of numbers) {
    emulator.emit(logEnvelope(text, { sourceId: "app" }));
  }
  const arrived: string[] = [];
  for await (const { message } of receiver) {
    arrived.push(Buffer.from(message.message).toString().trimEnd());
    if (arrived.length === 400) {
      break;
    }
  }
  expect(arrived.sort()).toEqual(numbers.sort());
  const { workers } = await nozzle.untilHealth((health) => nozzleTotal(health, "sent") === 400);
  expect(workers.every(({ sent }) => sent > 100)).toBe(true);

  expect(JSON.stringify(await nozzle.health())).not.toContain("geheim");
  const { code, stderr } = await nozzle.stop();
  expect(code).toBe(0);
  expect(stderr).toContain(`sending to syslog://${server.address}\n`);
  expect(stderr).not.toContain("geheim");
  await receiver.close();
});

test("drops what an OTLP server refuses for good, and never prints headers", async () => {
  await using collector = await Collector.start();
  await using nozzle = await start(["--type", "log"], {
    NOZZLE_TO: `otlp://${collector.address}`,
    NOZZLE_HEADER: "api-key=geheim",
    NOZZLE_GZIP: "true",
  });
  emulator.emit(logEnvelope("hello", { sourceId: "app" }));
  await nozzle.untilHealth((health) => nozzleTotal(health, "sent") === 1);
  expect(collector.requests).toEqual([
    { url: "/v1/logs", encoding: "gzip", key: "geheim", text: expect.stringContaining("hello") },
  ]);

  // A server that refuses the key for good.
  collector.status = 401;
  emulator.emit(logEnvelope("hello", { sourceId: "app" }));
  const { workers } = await nozzle.untilHealth(({ status }) => status === "failing");
  expect(workers[0]?.destination.detail).toContain("the server answered 401");
  expect(workers[0]?.dropped).toMatchObject({ refused: 1 });
  const { stdout, stderr } = await nozzle.stop();
  expect(stdout + stderr).toContain("1 envelope dropped");
  expect(stdout + stderr).not.toContain("geheim");
});

describe("while the destination is down", () => {
  test("buffers up to a bound, counts what it drops, and delivers the newest", async () => {
    await using collector = await Collector.start();
    collector.status = 503;
    const to = ["--to", `otlp://${collector.address}`, "--type", "log", "--buffer", "100"];
    await using nozzle = await start(to);
    for (let number = 0; number < 500; number++) {
      emulator.emit(logEnvelope(`<${number}>`, { sourceId: "app" }));
    }
    const full = await nozzle.untilHealth(
      (health) => nozzleTotal(health, "received") === 500 && health.status === "failing",
    );
    expect(full.workers[0]?.destination.detail).toContain("the server answered 503");
    expect(full.workers[0]).toMatchObject({ queued: 100, dropped: { buffer_full: 400 } });
    collector.status = 200;
    const { workers } = await nozzle.untilHealth(({ status }) => status === "ok");
    await nozzle.untilHealth((health) => nozzleTotal(health, "queued") === 0);
    expect(workers[0]?.dropped).toMatchObject({ buffer_full: 400 });
    const text = collector.requests.map((request) => request.text).join("");
    expect(text).toContain("<499>");
    expect((await nozzle.stop()).stderr).toContain("100 envelopes sent; 400 envelopes dropped");
  });

  test("stops reading, and reports what it could not deliver at the end", async () => {
    await using collector = await Collector.start();
    collector.status = 503;
    const to = ["--to", `otlp://${collector.address}`, "--type", "log", "--buffer", "100"];
    const rest = ["--when-full", "stop-reading", "--grace", "0.2"];
    await using nozzle = await start([...to, ...rest]);
    for (let number = 0; number < 500; number++) {
      emulator.emit(logEnvelope(String(number), { sourceId: "app" }));
    }
    const health = await nozzle.untilHealth(({ status }) => status === "failing");
    expect(nozzleTotal(health, "received")).toBeLessThanOrEqual(100);
    expect(nozzleTotal(health, "queued")).toBe(nozzleTotal(health, "received"));
    const { code, stderr } = await nozzle.stop();
    expect(code).toBe(0);
    expect(stderr).toMatch(/, 0 envelopes sent; .* envelopes not delivered within 0.2 s\n$/);
  });
});

test("reads from a gateway with tokens of a UAA client", async () => {
  const uaa = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const isRight = body.includes("client_secret=geheim");
      response.writeHead(isRight ? 200 : 401, { "content-type": "application/json" });
      response.end(JSON.stringify({ access_token: "good", token_type: "bearer", expires_in: 600 }));
    });
  });
  await using server = await listen(uaa);
  const variables = { LOGGREGATOR_EGRESS_ADDRESS: "", NOZZLE_CLIENT_SECRET: "geheim" };
  const source = ["--gateway", emulator.gateway.url, "--uaa", `http://${server.address}`];
  await using nozzle = await start(
    [...source, "--client-id", "nozzle", "--to", "stdout", "--type", "log"],
    variables,
  );
  emulator.emit(logEnvelope("hello", { sourceId: "app" }));
  await nozzle.untilHealth((health) => nozzleTotal(health, "sent") === 1);
  expect((await nozzle.stop()).stderr).not.toContain("geheim");
});

test("keeps retrying while the server is down, and reports it", async () => {
  await using port = await reserveTcpPort();
  await using nozzle = await start(["--egress", port.address, "--to", "stdout"], {}, 0);
  const { status } = await nozzle.untilHealth(
    ({ workers: [worker] }) => worker?.stream.detail.includes("connection refused") ?? false,
  );
  expect(status).toBe("failing");
  expect((await nozzle.stop()).code).toBe(0);
});

test("ends if its output is closed, as in a pipe to head", async () => {
  await using nozzle = await start(["--to", "stdout"]);
  nozzle.output.destroy();
  emulator.emit(logEnvelope("hello"));
  expect((await nozzle.ended).code).toBe(0);
});

/** A server of OTLP over HTTP. */
class Collector implements AsyncDisposable {
  status = 200;
  readonly requests: {
    readonly url: string | undefined;
    readonly encoding: string | undefined;
    readonly key: unknown;
    readonly text: string;
  }[] = [];
  readonly #server: Awaited<ReturnType<typeof listen>>;

  private constructor(server: Awaited<ReturnType<typeof listen>>) {
    this.#server = server;
  }

  static async start(): Promise<Collector> {
    const server = createServer((request, response) => void collector.#receive(request, response));
    const collector = new Collector(await listen(server));
    return collector;
  }

  get address(): string {
    return this.#server.address;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    if (this.status === 200) {
      const { "content-encoding": encoding, "api-key": key } = request.headers;
      const text = (encoding === "gzip" ? gunzipSync(body) : body).toString("latin1");
      this.requests.push({ url: request.url, encoding, key, text });
    }
    response.writeHead(this.status).end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

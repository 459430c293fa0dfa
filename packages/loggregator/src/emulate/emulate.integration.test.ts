import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { Emulate, Loggregator, loggregator } from "../../testing/loggregator.js";

test("is ready when its environment file exists, and removes its files at the end", async () => {
  await using emulate = await Emulate.start();
  expect(Object.keys(emulate.env).sort()).toEqual([
    "CF_TOKEN",
    "LOGGREGATOR_CA_PATH",
    "LOGGREGATOR_CERT_PATH",
    "LOGGREGATOR_EGRESS_ADDRESS",
    "LOGGREGATOR_EMULATOR_URL",
    "LOGGREGATOR_GATEWAY_URL",
    "LOGGREGATOR_INGRESS_ADDRESS",
    "LOGGREGATOR_KEY_PATH",
    "LOGGREGATOR_LOG_CACHE_ADDRESS",
    "LOGGREGATOR_LOG_CACHE_GATEWAY_URL",
    "LOGGREGATOR_LOG_CACHE_URL",
    "LOGGREGATOR_V1_ADDRESS",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
  ]);
  const sent = await loggregator(["emit", "log", "hello"], { env: emulate.env });
  expect(sent).toEqual({ code: 0, stdout: "", stderr: "" });

  emulate.command.interrupt();
  const { code, stdout, stderr } = await emulate.command.ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  expect(last).toMatchObject({ event: "ended", received: 1, delivered: 0, dropped: 0 });
  expect(existsSync(emulate.environmentFile)).toBe(false);
  expect(existsSync(emulate.env["LOGGREGATOR_KEY_PATH"] ?? "")).toBe(false);
});

test("prints its addresses, the commands to try, and the result", async () => {
  const free = ["--ingress", "--egress", "--gateway", "--v1"].flatMap((name) => [
    name,
    "127.0.0.1:0",
  ]);
  const env = { npm_config_user_agent: "npm/11.19.1 node/v20.20.2 linux x64" };
  await using command = new Loggregator(["emulate", ...free], { env });
  await command.until(({ stdout }) => stdout.includes("  npx loggregator emit log --source-id"));
  expect(command.stdout).toContain("\n  npx loggregator tail\n");
  expect(command.stdout).toMatch(/ingress +127\.0\.0\.1:\d+/);
  expect(command.stdout).toMatch(/gateway +http:\/\/127\.0\.0\.1:\d+/);
  const [, file = ""] = /set -a; \. (\S+);/.exec(command.stdout) ?? [];
  expect(existsSync(file)).toBe(true);
  // No colours without a terminal.
  expect(command.stdout).not.toContain("\x1b");

  command.interrupt();
  const { code, stdout } = await command.ended();
  expect(code).toBe(0);
  expect(stdout).toMatch(/Ended after [\d.]+ s: 0 envelopes received, 0 delivered, 0 dropped\n$/);
  expect(existsSync(file)).toBe(false);
});

test("two can run at once, although both prefer the usual ports", async () => {
  await using first = new Loggregator(["emulate", "--json"]);
  await using second = new Loggregator(["emulate", "--json"]);
  await Promise.all([first, second].map((one) => one.until(({ stdout }) => stdout !== "")));
  for (const one of [first, second]) {
    one.interrupt();
    expect(await one.ended()).toMatchObject({ code: 0, stderr: "" });
  }
});

test("a given port that is taken: one line, and exit code 1", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { code, stderr } = await loggregator(["emulate", "--egress", `127.0.0.1:${port}`]);
  server.close();
  expect(code).toBe(1);
  expect(stderr).toBe(
    `loggregator: cannot listen on 127.0.0.1:${port} (--egress): the port is taken; choose another one, or 0 for a free one\n`,
  );
});

test("a host that this machine does not have: one line that names --bind, and exit code 1", async () => {
  // No address of this machine: TEST-NET-1 of RFC 5737.
  const args = ["emulate", "--bind", "192.0.2.1", "--ingress", "127.0.0.1:0"];
  const { code, stdout, stderr } = await loggregator(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^loggregator: cannot listen on 192\.0\.2\.1:0 \(--bind\): [^\n]+\n$/);
});

test("serves the page of all sources, even if the given token is for some only", async () => {
  await using emulate = await Emulate.start("--ui-port", "0", "--token", "mine:my-app");
  const { page } = JSON.parse(emulate.command.stdout.split("\n")[0] ?? "");
  const answer = await fetch(page);
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await answer.text()).toContain('<script type="module" src="page.js">');

  await loggregator(["emit", "log", "hello", "--source-id", "other"], { env: emulate.env });
  // Including envelopes that were emitted before the page was opened.
  const reading = new AbortController();
  const stream = await fetch(`${page}/envelopes`, { signal: reading.signal });
  let received = "";
  for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    received += chunk;
    if (received.includes('"source_id":"other"')) {
      break;
    }
  }
  reading.abort();
});

test("two pages at once: the usual port for one, a free one for the other", async () => {
  const free = ["--gateway", "127.0.0.1:0"];
  await using first = new Loggregator(["emulate", "--ui", ...free]);
  await first.until(({ stdout }) => stdout.includes("emit log --source-id"));
  await using second = new Loggregator(["emulate", "--ui", ...free]);
  await second.until(({ stdout }) => stdout.includes("emit log --source-id"));
  const pages = [first, second].map(({ stdout }) => / page +(http:\S+)/.exec(stdout)?.[1]);
  expect(new Set(pages).size).toBe(2);
  for (const page of pages) {
    expect((await fetch(page ?? "")).status).toBe(200);
  }
  // It ends quickly with the page open.
  for (const one of [first, second]) {
    one.interrupt();
    expect(await one.ended()).toMatchObject({ code: 0, stderr: "" });
  }
});

test("a port of the page that is taken or invalid: one line, and exit code 1 or 2", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const taken = await loggregator(["emulate", "--ui-port", String(port)]);
  server.close();
  expect(taken.code).toBe(1);
  expect(taken.stderr).toMatch(/^loggregator: [^\n]*choose another port[^\n]*\n$/);
  const none = await loggregator(["emulate", "--ui-port", "65536"]);
  expect(none.code).toBe(2);
  expect(none.stderr).toMatch(/^loggregator: --ui-port must be a port from 0 to 65535[^\n]*\n$/);
});

test("reports the envelopes that a slow reader loses", async () => {
  await using emulate = await Emulate.start("--buffer-size", "10");
  const { env } = emulate;
  const { LOGGREGATOR_GATEWAY_URL: url } = env;
  // A client that opens a stream and does not read.
  const stream = await fetch(`${url}/v2/read?log`, { headers: { authorization: "bearer local" } });
  await emulate.untilReaders(1);
  const input = `${"x".repeat(10_000)}\n`.repeat(3_000);
  expect((await loggregator(["emit", "log"], { env, input })).code).toBe(0);
  await emulate.command.until(({ stderr }) => stderr.includes("dropped"));
  expect(emulate.command.stderr).toMatch(
    /^loggregator: [\d,]+ envelopes? dropped: a reader is too slow; a larger --buffer-size [^\n]+\n/,
  );
  await stream.body?.cancel();
});

test("a burst of 200,000 lines is kept for a reader", async () => {
  await using emulate = await Emulate.start();
  const { env } = emulate;
  const args = ["tail", "--json", "--count", "200000"];
  await using tail = new Loggregator(args, { env });
  await emulate.untilReaders(1);
  const input = "a line of a program that logs a lot at once\n".repeat(200_000);
  const sent = await loggregator(["emit", "log", "--source-id", "burst"], { env, input });
  expect(sent).toEqual({ code: 0, stdout: "", stderr: "" });
  const { code, stdout, stderr } = await tail.ended();
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `loggregator: reading from the RLP ${env["LOGGREGATOR_EGRESS_ADDRESS"]}\n`,
  });
  expect(stdout.match(/\n/g)).toHaveLength(200_000);
  expect(emulate.command.stderr).toBe("");
});

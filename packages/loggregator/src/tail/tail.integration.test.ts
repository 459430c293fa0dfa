import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  counterEnvelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Emulate, Loggregator, loggregator } from "../../testing/loggregator.js";
import { EnvironmentFile } from "../emulate/environmentFile.js";

let emulator: Emulator;
let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  emulator = await startEmulator({
    bufferSize: 20_000,
    gateway: { tokens: { good: "all", mine: ["my-app"] } },
  });
  folder = await mkdtemp(join(tmpdir(), "loggregator-tail-"));
  const file = await EnvironmentFile.prepare(join(folder, "test.env"));
  await file.write({}, emulator.tls.ingress);
  env = {
    LOGGREGATOR_CA_PATH: `${file.path}.certs/ca.crt`,
    LOGGREGATOR_CERT_PATH: `${file.path}.certs/client.crt`,
    LOGGREGATOR_KEY_PATH: `${file.path}.certs/client.key`,
  };
});

afterEach(async () => {
  await emulator.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts `tail` and waits until it reads. */
async function startTail(...args: readonly string[]): Promise<Loggregator> {
  const command = new Loggregator(["tail", ...args], { env });
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  return command;
}

const fromEgress = () => ["--egress", emulator.egress.address];
const fromGateway = () => ["--gateway", emulator.gateway.url, "--token", "good"];

describe.each([
  ["an RLP", fromEgress],
  ["a gateway", fromGateway],
])("from %s", (_, from) => {
  test("10,000 lines of another process, complete and in order", async () => {
    await using emulate = await Emulate.start("--buffer-size", "20000");
    const { LOGGREGATOR_EGRESS_ADDRESS = "", LOGGREGATOR_GATEWAY_URL = "" } = emulate.env;
    const where =
      from === fromEgress
        ? ["--egress", LOGGREGATOR_EGRESS_ADDRESS]
        : ["--gateway", LOGGREGATOR_GATEWAY_URL];
    const args = ["tail", ...where, "--json", "--count", "10000", "--source-id", "load"];
    await using command = new Loggregator(args, { env: emulate.env });
    await emulate.untilReaders(1);
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}`);
    const input = `${lines.join("\n")}\n`;
    const sent = await loggregator(["emit", "log", "-s", "load"], { env: emulate.env, input });
    expect(sent).toEqual({ code: 0, stdout: "", stderr: "" });

    const { code, stdout, stderr } = await command.ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const texts = stdout
      .trimEnd()
      .split("\n")
      .map((line) => {
        const { source_id, log } = JSON.parse(line) as {
          source_id: string;
          log: { payload: string };
        };
        expect(source_id).toBe("load");
        return Buffer.from(log.payload, "base64").toString();
      });
    expect(texts).toEqual(lines);
  });

  test("Ctrl-C ends it with a summary and exit code 0", async () => {
    await using command = await startTail(...from());
    emulator.emit(logEnvelope("one", { sourceId: "a" }));
    emulator.emit(logEnvelope("two", { sourceId: "a" }));
    emulator.emit(counterEnvelope("requests", { sourceId: "a" }));
    await command.until(({ stdout }) => stdout.split("\n").length === 4);
    command.interrupt();
    const { code, stderr } = await command.ended();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^loggregator: 3 envelopes in [\d.]+ s: 2 logs, 1 counter\n$/);
  });

  test("prints only the selected envelopes", async () => {
    const which = ["-s", "a", "-t", "gauge,counter", "--name", "cpu", "--name", "requests"];
    await using command = await startTail(...from(), ...which, "--count", "2");
    emulator.emit(gaugeEnvelope({ cpu: { value: 1 } }, { sourceId: "b" }));
    emulator.emit(logEnvelope("cpu", { sourceId: "a" }));
    emulator.emit(gaugeEnvelope({ memory: { value: 1 } }, { sourceId: "a" }));
    emulator.emit(counterEnvelope("others", { sourceId: "a" }));
    emulator.emit(counterEnvelope("requests", { sourceId: "a" }));
    emulator.emit(gaugeEnvelope({ cpu: { value: 1 }, memory: { value: 1 } }, { sourceId: "a" }));
    const { code, stdout } = await command.ended();
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n").sort();
    expect(lines).toEqual([
      expect.stringMatching(/a +COUNTER +requests +\+1, /),
      expect.stringMatching(/a +GAUGE +cpu +1, memory 1$/),
    ]);
  });

  test("continues after an outage, and reports it once", async () => {
    await using command = await startTail(...from(), "--count", "2");
    emulator.emit(eventEnvelope("before", ""));
    await command.until(({ stdout }) => stdout.includes("before"));
    const { egress, gateway, tls } = emulator;
    await emulator.close();
    await command.until(({ stderr }) => stderr.includes("retrying until it succeeds"));
    emulator = await startEmulator({
      egress,
      tls,
      gateway: { address: gateway.address, tokens: { good: "all" } },
    });
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    emulator.emit(eventEnvelope("after", ""));
    const { code, stdout, stderr } = await command.ended();
    expect(code).toBe(0);
    expect(stdout).toMatch(/before\n.*after\n$/);
    expect(stderr.match(/retrying/g)).toHaveLength(1);
    expect(stderr).toContain("connected again");
  });

  test("a reader that closes the output (| head) ends it quietly", async () => {
    await using command = await startTail(...from());
    emulator.emit(eventEnvelope("first", ""));
    await command.until(({ stdout }) => stdout.includes("first"));
    command.output.destroy();
    emulator.emit(eventEnvelope("second", ""));
    const { code, stderr } = await command.ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("no control character of an envelope reaches the terminal", async () => {
    await using command = await startTail(...from(), "--tags", "--count", "1");
    const evil = "\x1b]0;evil\x07\x9b2J\r\n";
    emulator.emit(logEnvelope(evil, { sourceId: evil, tags: { [evil]: evil } }));
    const { stdout } = await command.ended();
    expect(stdout.slice(0, -1)).not.toMatch(/\p{Cc}/u);
    expect(stdout).toContain("\\x1b]0;evil\\x07\\x9b2J");
  });

  test("no server: one line, and exit code 1", async () => {
    const args = ["tail", ...from()];
    await emulator.close();
    const { code, stdout, stderr } = await loggregator(args, { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^loggregator: [^\n]*127\.0\.0\.1:\d+[^\n]*check the address[^\n]*\n$/);
  });
});

describe("certificates", () => {
  test("of an authority that did not sign the server's: one line, and exit code 1", async () => {
    await using other = await startEmulator();
    const file = await EnvironmentFile.prepare(join(folder, "other.env"));
    await file.write({}, other.tls.ingress);
    const ca = ["--ca", `${file.path}.certs/ca.crt`];
    const { code, stderr } = await loggregator(["tail", ...fromEgress(), ...ca], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^loggregator: [^\n]*: --ca: [^\n]*signed by one of these authorities[^\n]*\n$/,
    );
  });

  test("that the server rejects: one line, and exit code 1", async () => {
    await using other = await startEmulator();
    const file = await EnvironmentFile.prepare(join(folder, "other.env"));
    await file.write({}, other.tls.ingress);
    const own = [
      "--cert",
      `${file.path}.certs/client.crt`,
      "--key",
      `${file.path}.certs/client.key`,
    ];
    const { code, stderr } = await loggregator(["tail", ...fromEgress(), ...own], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^loggregator: [^\n]*--cert[^\n]*\n$/);
  });

  test("of a gateway with an authority of its own: trusted with --ca, refused without", async () => {
    const { httpsUrl } = emulator.gateway;
    const args = ["tail", "--gateway", httpsUrl, "--token", "good", "--count", "1"];
    const without = await loggregator([...args, "--ca", ""], { env });
    expect(without.code).toBe(1);
    expect(without.stderr).toMatch(/^loggregator: [^\n]*certificate[^\n]*--ca[^\n]*\n$/);

    await using command = new Loggregator(args, { env });
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    emulator.emit(eventEnvelope("hello", ""));
    expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("the token", () => {
  test.each([
    ["none", ["tail"], {}],
    ["a bad one", ["tail", "--token", "secret-but-wrong"], {}],
    ["one without the right", ["tail", "--token", "mine", "-s", "another-app"], {}],
    ["a bad one in CF_TOKEN", ["tail"], { CF_TOKEN: "secret-but-wrong" }],
  ])("%s: one line that says how to get one, and exit code 1", async (_, args, more) => {
    const all = [...args, "--gateway", emulator.gateway.url];
    const { code, stdout, stderr } = await loggregator(all, { env: { ...env, ...more } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^loggregator: [^\n]*not_found[^\n]*--token or CF_TOKEN[^\n]*\n$/);
    expect(stderr).not.toContain("secret");
  });

  test("comes from CF_TOKEN, as cf oauth-token prints it", async () => {
    env["CF_TOKEN"] = "bearer mine";
    await using command = await startTail(
      "--gateway",
      emulator.gateway.url,
      "-s",
      "my-app",
      "--count",
      "1",
    );
    emulator.emit(eventEnvelope("hello", "", { sourceId: "my-app" }));
    expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
  });

  test("comes from cf oauth-token if none is given", async () => {
    env["PATH"] = await fakeCf('echo "bearer good"');
    await using command = await startTail("--gateway", emulator.gateway.url, "--count", "1");
    emulator.emit(eventEnvelope("hello", ""));
    expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
  });

  test("is requested again if the gateway refuses it", async () => {
    const state = join(folder, "asked");
    const script = `if [ -e ${state} ]; then echo "bearer good"; else touch ${state}; echo "bearer old"; fi`;
    env["PATH"] = await fakeCf(script);
    await using command = await startTail("--gateway", emulator.gateway.url, "--count", "1");
    emulator.emit(eventEnvelope("hello", ""));
    expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
  });

  test("of a cf that is not logged in: its message, and that of the gateway", async () => {
    env["PATH"] = await fakeCf("echo FAILED; echo 'Not logged in.' >&2; exit 1");
    const { code, stderr } = await loggregator(["tail", "--gateway", emulator.gateway.url], {
      env,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^loggregator: [^\n]*cf oauth-token: Not logged in\.\nloggregator: .*cf login/,
    );
  });
});

/** A PATH with a `cf` command that runs the script. */
async function fakeCf(script: string): Promise<string> {
  const path = join(folder, "cf");
  await writeFile(path, `#!/bin/sh\n[ "$1" = oauth-token ] || exit 9\n${script}\n`);
  await chmod(path, 0o755);
  return `${folder}:${process.env["PATH"]}`;
}

test("apps by name, text by --grep, for people", async () => {
  const args = ["checkout.*", "--grep", "error", "-i", "--exclude", "health", "--time", "none"];
  await using command = await startTail(...fromEgress(), ...args, "--count", "2");
  const app = (app_name: string, instanceId: string, text: string) =>
    emulator.emit(
      logEnvelope(text, {
        sourceId: `guid of ${app_name}`,
        instanceId,
        stream: "stdout",
        tags: { app_name, space_name: "prod" },
      }),
    );
  app("checkout", "0", "all is well");
  app("checkout", "0", "error in /health");
  app("other", "0", "error");
  app("checkout", "1", "payment error");
  // An app that appears later.
  app("checkout-worker", "0", "Error: no route");
  expect(await command.ended()).toMatchObject({
    code: 0,
    stdout: [
      "checkout/1 (prod)  LOG                    payment error",
      "checkout-worker/0 (prod)  LOG                    Error: no route",
      "",
    ].join("\n"),
  });
});

test("requests and units, for people", async () => {
  await using command = await startTail(...fromEgress(), "--time", "none", "--count", "2");
  const metrics = {
    cpu: { value: 34.19, unit: "percentage" },
    memory: { value: 119_537_664, unit: "bytes" },
  };
  emulator.emit(gaugeEnvelope(metrics, { sourceId: "a" }));
  const tags = { method: "GET", uri: "https://shop.example.com/cart", status_code: "200" };
  emulator.emit(timerEnvelope("http", 0n, 366_123_456n, { sourceId: "gorouter", tags }));
  const { stdout } = await command.ended();
  expect(stdout.split("\n").sort()).toEqual([
    "",
    "a             GAUGE    cpu           34.2 %, memory 114 MiB",
    "gorouter      TIMER    http          GET /cart 200 366 ms",
  ]);
});

test("jsonl and templates, for programs", async () => {
  const log = () =>
    emulator.emit(
      logEnvelope("WARN \x1b[31mslow", {
        sourceId: "a",
        tags: { app_name: "shop" },
        timestamp: 1_769_860_800_000_000_001n,
      }),
    );
  const jsonl = await startTail(...fromEgress(), "--output", "jsonl", "--count", "1");
  log();
  expect(JSON.parse((await jsonl.ended()).stdout)).toMatchObject({
    time: "2026-01-31T12:00:00.000000001Z",
    app: "shop",
    level: "warn",
    text: "WARN \x1b[31mslow",
  });
  const template = ["--template", "{iso}|{source:6}|{level}|{text}", "--count", "1"];
  const lines = await startTail(...fromEgress(), ...template);
  log();
  expect((await lines.ended()).stdout).toBe(
    "2026-01-31T12:00:00.000000001Z|shop  |warn|WARN slow\n",
  );
});

test("--tags shows all tags", async () => {
  await using command = await startTail(...fromEgress(), "--tags", "--count", "1");
  emulator.emit(eventEnvelope("deploy", "", { tags: { deployment: "cf", job: "api" } }));
  expect((await command.ended()).stdout).toMatch(/deploy +deployment=cf job=api\n$/);
});

test("--shard-id splits the envelopes among its readers", async () => {
  await using first = new Loggregator(["tail", ...fromEgress(), "--shard-id", "x"], { env });
  await using second = new Loggregator(["tail", ...fromEgress(), "--shard-id", "x"], { env });
  await emulator.until(({ egressStreams }) => egressStreams === 2);
  for (let count = 0; count < 100; count++) {
    emulator.emit(eventEnvelope("x", ""));
  }
  const lines = () => (first.stdout + second.stdout).split("\n").length - 1;
  await Promise.race([first.until(() => lines() === 100), second.until(() => lines() === 100)]);
  expect(first.stdout).not.toBe("");
  expect(second.stdout).not.toBe("");
});

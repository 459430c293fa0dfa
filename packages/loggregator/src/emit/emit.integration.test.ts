import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Envelope } from "@loggregator/api";
import { createCertificateAuthority, type Emulator, startEmulator } from "@loggregator/emulator";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Loggregator, loggregator } from "../../testing/loggregator.js";
import { EnvironmentFile } from "../emulate/environmentFile.js";
import { maxLineBytes } from "./lineSplitter.js";

let emulator: Emulator;
let received: Envelope[];
let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  received = [];
  emulator = await startEmulator({ onEnvelope: (envelope) => received.push(envelope) });
  folder = await mkdtemp(join(tmpdir(), "loggregator-emit-"));
  const file = await EnvironmentFile.prepare(join(folder, "test.env"));
  await file.write({}, emulator.tls.ingress);
  env = {
    LOGGREGATOR_INGRESS_ADDRESS: emulator.ingress.address,
    LOGGREGATOR_V1_ADDRESS: emulator.v1.address,
    LOGGREGATOR_CA_PATH: `${file.path}.certs/ca.crt`,
    LOGGREGATOR_CERT_PATH: `${file.path}.certs/client.crt`,
    LOGGREGATOR_KEY_PATH: `${file.path}.certs/client.key`,
  };
});

afterEach(async () => {
  await emulator.close();
  await rm(folder, { recursive: true, force: true });
});

const quietly = { code: 0, stdout: "", stderr: "" };

function payloads(): string[] {
  return received.map(({ message }) =>
    message?.$case === "log" ? Buffer.from(message.value.payload).toString() : "no log",
  );
}

describe("one envelope", () => {
  test("a log with all of its fields", async () => {
    const options = ["-s", "my-app", "-i", "2", "--tag", "a=1", "--tag", "b=x=y"];
    const log = ["--stream", "stderr", "--source-type", "APP/PROC/WEB", "not", "found"];
    expect(await loggregator(["emit", "log", ...options, ...log], { env })).toEqual(quietly);
    expect(received).toEqual([
      expect.objectContaining({
        sourceId: "my-app",
        instanceId: "2",
        tags: { a: "1", b: "x=y", source_type: "APP/PROC/WEB" },
        message: { $case: "log", value: expect.objectContaining({ type: 1 }) },
      }),
    ]);
    expect(payloads()).toEqual(["not found"]);
  });

  test.each([
    [["counter", "requests"], { name: "requests", delta: 1n }],
    [["counter", "requests", "2"], { name: "requests", delta: 2n }],
    [["counter", "requests", "17", "--total"], { name: "requests", delta: 0n, total: 17n }],
    [
      ["gauge", "cpu=12.5:%", "load=1"],
      { metrics: { cpu: { value: 12.5, unit: "%" }, load: { value: 1, unit: "" } } },
    ],
    [["event", "deploy", "v42 is live"], { title: "deploy", body: "v42 is live" }],
  ])("%j", async (args, value) => {
    expect(await loggregator(["emit", ...args], { env })).toEqual(quietly);
    expect(received[0]?.message?.value).toMatchObject(value);
  });

  test("a timer, which ends now", async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    expect(await loggregator(["emit", "timer", "http", "1.5s"], { env })).toEqual(quietly);
    const message = received[0]?.message;
    if (message?.$case !== "timer") {
      throw new Error("no timer came");
    }
    const { name, start, stop } = message.value;
    expect({ name, took: stop - start }).toEqual({ name: "http", took: 1_500_000_000n });
    expect(stop).toBeGreaterThanOrEqual(before);
  });

  test("acknowledged, and the result as JSON", async () => {
    const { code, stdout } = await loggregator(
      ["emit", "log", "--acknowledged", "--json", "hello"],
      { env },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ sent: 1, dropped: 0 });
    expect(payloads()).toEqual(["hello"]);
  });

  test("in v1, over UDP", async () => {
    const args = ["emit", "counter", "requests", "3", "--v1", "--origin", "me"];
    expect(await loggregator(args, { env })).toEqual(quietly);
    await emulator.until(({ v1Received }) => v1Received === 1);
    expect(received[0]?.message?.value).toMatchObject({ name: "requests", delta: 3n });
    expect(received[0]?.tags).toMatchObject({ origin: "me" });
  });
});

describe("one per line of standard input", () => {
  test("10,000 logs, complete and in order", async () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}`);
    const input = `${lines.join("\n")}\n`;
    const { code, stdout } = await loggregator(["emit", "log", "--json"], { env, input });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ sent: 10_000, dropped: 0 });
    expect(payloads()).toEqual(lines);
  });

  test("more than the queue holds: the writer waits, and nothing is dropped", async () => {
    const input = Buffer.alloc(300_000 * 4, "abc\n");
    const { code, stdout } = await loggregator(["emit", "log", "--json"], { env, input });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ sent: 300_000, dropped: 0 });
    expect(received).toHaveLength(300_000);
  });

  test("unchanged bytes, empty lines, and a last line without a line end", async () => {
    const input = Buffer.from([0x61, 0x0a, 0x0a, 0xff, 0x00, 0x1b, 0x0a, 0x62]);
    expect(await loggregator(["emit", "log"], { env, input })).toEqual(quietly);
    const bytes = received.map(({ message }) =>
      message?.$case === "log" ? [...message.value.payload] : [],
    );
    expect(bytes).toEqual([[0x61], [], [0xff, 0x00, 0x1b], [0x62]]);
  });

  test("a line that is too long for one envelope is split", async () => {
    const input = "x".repeat(maxLineBytes * 2 + 1);
    expect(await loggregator(["emit", "log"], { env, input })).toEqual(quietly);
    expect(payloads().map(({ length }) => length)).toEqual([maxLineBytes, maxLineBytes, 1]);
  });

  test("metrics, written as the arguments would be", async () => {
    const input = "cpu=1:%\n\n  cpu=2:%   load=3 \n";
    expect(await loggregator(["emit", "gauge"], { env, input })).toEqual(quietly);
    expect(received.map(({ message }) => message?.value)).toMatchObject([
      { metrics: { cpu: { value: 1 } } },
      { metrics: { cpu: { value: 2 }, load: { value: 3 } } },
    ]);
    await loggregator(["emit", "counter", "--total"], { env, input: "requests 7\n" });
    await loggregator(["emit", "timer"], { env, input: "http 2ms\n" });
    await loggregator(["emit", "event"], { env, input: "deploy\tv42 is live\n" });
    expect(received.slice(2).map(({ message }) => message?.value)).toMatchObject([
      { name: "requests", total: 7n },
      { name: "http" },
      { title: "deploy", body: "v42 is live" },
    ]);
  });

  test("an invalid line: its number and the valid form, exit code 2, and the lines before it are sent", async () => {
    const input = "requests 1\nrequests 2\nrequests many\nrequests 4\n";
    const { code, stderr } = await loggregator(["emit", "counter"], { env, input });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^loggregator: line 3 of standard input: expected NAME or NAME NUMBER/);
    expect(received).toHaveLength(2);
  });

  test.each(["counter", "gauge", "timer", "event"])(
    "a %s on a line that is too long: exit code 2, and nothing of it is sent",
    async (type) => {
      const input = `${"x".repeat(200_000)} 1\n`;
      const { code, stderr } = await loggregator(["emit", type], { env, input });
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /^loggregator: line 1 of standard input: the line must be shorter than [^\n]+\n$/,
      );
      expect(received).toEqual([]);
    },
  );

  test("no faster than --rate", async () => {
    const input = "x\n".repeat(40);
    const { stdout } = await loggregator(["emit", "log", "--rate", "100", "--json"], {
      env,
      input,
    });
    expect((JSON.parse(stdout) as { seconds: number }).seconds).toBeGreaterThan(0.35);
    expect(received).toHaveLength(40);
  });

  test("sends lines as they arrive, not only at the end", async () => {
    await using command = new Loggregator(["emit", "log"], { env });
    command.stdin.write("first\n");
    await emulator.until((stats) => stats.received === 1);
    command.stdin.end("second\n");
    expect(await command.ended()).toEqual(quietly);
    expect(payloads()).toEqual(["first", "second"]);
  });

  test("Ctrl-C: the lines read so far are delivered and reported, and exit code 130", async () => {
    await using command = new Loggregator(["emit", "log"], { env });
    command.stdin.write("first\nsecond\n");
    await emulator.until((stats) => stats.received === 2);
    command.interrupt();
    // The output of a program that the same Ctrl-C ends.
    command.stdin.write("last words\n");
    expect(await command.ended()).toEqual({
      code: 130,
      stdout: "",
      stderr: `loggregator: interrupted; 3 envelopes sent to ${emulator.ingress.address}\n`,
    });
    expect(payloads()).toEqual(["first", "second", "last words"]);
  });

  test("Ctrl-C: --rate still applies, and the lines that were not sent are reported", async () => {
    await using command = new Loggregator(["emit", "log", "--rate", "100", "--json"], { env });
    command.stdin.write("x\n".repeat(20_000));
    await emulator.until((stats) => stats.received >= 20);
    const before = received.length;
    const interrupted = performance.now();
    command.interrupt();
    const { code, stdout, stderr } = await command.ended();
    const seconds = (performance.now() - interrupted) / 1000;
    expect(code).toBe(130);
    expect(received.length - before).toBeLessThanOrEqual(100 * seconds + 20);
    const { sent, dropped, unsent } = JSON.parse(stdout) as Record<string, number>;
    expect({ sent, dropped }).toEqual({ sent: received.length, dropped: 0 });
    expect(unsent).toBeGreaterThan(0);
    expect(stderr).toMatch(
      /^loggregator: interrupted; [\d,]+ envelopes sent to [\d.:]+, [\d,]+ lines read but not sent\n$/,
    );
  });

  test("continues after an outage, and reports it", async () => {
    await using command = new Loggregator(["emit", "log", "--acknowledged"], { env });
    command.stdin.write("before\n");
    await emulator.until((stats) => stats.received === 1);
    const { ingress, tls } = emulator;
    await emulator.close();
    command.stdin.write("during\n");
    await command.until(({ stderr }) => stderr.includes("retrying until it succeeds"));
    emulator = await startEmulator({
      ingress,
      tls,
      onEnvelope: (envelope) => received.push(envelope),
    });
    command.stdin.end("after\n");
    expect(await command.ended()).toMatchObject({ code: 0 });
    // An envelope whose answer was lost is sent twice.
    expect([...new Set(payloads())]).toEqual(["before", "during", "after"]);
  });
});

describe("failures end with exit code 1 and one helpful line", () => {
  test("no server", async () => {
    const { ingress } = emulator;
    await emulator.close();
    const { code, stderr } = await loggregator(["emit", "log", "hello"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^loggregator: 1 of 1 envelope not delivered: [^\n]+\n$/);
    expect(stderr).toContain(`${ingress.address}: connection refused`);
    expect(stderr).toContain('"loggregator emulate"');
  });

  test("no server for v1", async () => {
    const { v1 } = emulator;
    await emulator.close();
    const { code, stderr } = await loggregator(["emit", "log", "--v1", "hello"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^loggregator: up to 1 of 1 envelope not delivered: [^\n]+\n$/);
    expect(stderr).toContain(v1.address);
    expect(stderr).toContain('"loggregator emulate"');
  });

  test("no server for v1, while standard input stays open", async () => {
    await emulator.close();
    await using command = new Loggregator(["emit", "log", "--v1"], { env });
    command.stdin.write("hello\n");
    expect(await command.ended()).toMatchObject({ code: 1 });
  });

  test("no server, while standard input stays open", async () => {
    await emulator.close();
    await using command = new Loggregator(["emit", "log"], { env });
    command.stdin.write("hello\n");
    expect(await command.ended()).toMatchObject({ code: 1 });
  });

  test("a certificate that the agent rejects", async () => {
    const authority = await createCertificateAuthority();
    const { cert, key } = await authority.issue({ commonName: "stranger" });
    await writeFile(join(folder, "other.crt"), cert);
    await writeFile(join(folder, "other.key"), key);
    const own = ["--cert", join(folder, "other.crt"), "--key", join(folder, "other.key")];
    const { code, stderr } = await loggregator(["emit", "log", ...own, "hello"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^loggregator: [^\n]*stranger[^\n]*--cert[^\n]*\n$/);
  });

  test("an authority that did not sign the agent's certificate", async () => {
    await using other = await startEmulator();
    const file = await EnvironmentFile.prepare(join(folder, "other.env"));
    await file.write({}, other.tls.ingress);
    const ca = ["--ca", `${file.path}.certs/ca.crt`];
    const { code, stderr } = await loggregator(["emit", "log", ...ca, "hello"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^loggregator: [^\n]*: --ca: [^\n]*signed by one of these authorities[^\n]*\n$/,
    );
  });

  test("a certificate file that does not exist", async () => {
    const path = join(folder, "nope.crt");
    const args = ["emit", "log", "--cert", path, "hello"];
    const { code, stderr } = await loggregator(args, { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^loggregator: --cert ".+": cannot read the file: [^\n]+\n$/);
    expect(stderr).toContain(path);
  });

  test("the Reverse Log Proxy instead of the agent", async () => {
    const { address } = emulator.egress;
    const { code, stderr } = await loggregator(["emit", "log", "--address", address, "x"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^loggregator: [^\n]*"metron"[^\n]*check the address[^\n]*\n$/);
  });

  test("an agent that is not restarted", async () => {
    await using command = new Loggregator(["emit", "log"], { env });
    command.stdin.write("before\n");
    await emulator.until((stats) => stats.received === 1);
    await emulator.close();
    command.stdin.end("too late\n");
    const { code, stderr } = await command.ended();
    expect(code).toBe(1);
    expect(stderr).toMatch(/of 2 envelopes not delivered/);
  });
});

test("exits while standard input stays open", async () => {
  await using command = new Loggregator(["emit", "log", "hello"], { env });
  expect(await command.ended()).toEqual(quietly);
});

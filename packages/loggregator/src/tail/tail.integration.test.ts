import { counterEnvelope, eventEnvelope, gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Emulate, Loggregator, loggregator } from "../../testing/loggregator.js";
import { fromEgress, fromGateway, TailFixture } from "../../testing/tailFixture.js";

let fixture: TailFixture;

beforeEach(async () => {
  fixture = await TailFixture.start();
});

afterEach(() => fixture[Symbol.asyncDispose]());

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
    await using command = await fixture.startTail(...from(fixture));
    fixture.emulator.emit(logEnvelope("one", { sourceId: "a" }));
    fixture.emulator.emit(logEnvelope("two", { sourceId: "a" }));
    fixture.emulator.emit(counterEnvelope("requests", { sourceId: "a" }));
    await command.until(({ stdout }) => stdout.split("\n").length === 4);
    command.interrupt();
    const { code, stderr } = await command.ended();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^loggregator: 3 envelopes in [\d.]+ s: 2 logs, 1 counter\n$/);
  });

  test("prints only the selected envelopes", async () => {
    const which = ["-s", "a", "-t", "gauge,counter", "--name", "cpu", "--name", "requests"];
    await using command = await fixture.startTail(...from(fixture), ...which, "--count", "2");
    fixture.emulator.emit(gaugeEnvelope({ cpu: { value: 1 } }, { sourceId: "b" }));
    fixture.emulator.emit(logEnvelope("cpu", { sourceId: "a" }));
    fixture.emulator.emit(gaugeEnvelope({ memory: { value: 1 } }, { sourceId: "a" }));
    fixture.emulator.emit(counterEnvelope("others", { sourceId: "a" }));
    fixture.emulator.emit(counterEnvelope("requests", { sourceId: "a" }));
    fixture.emulator.emit(
      gaugeEnvelope({ cpu: { value: 1 }, memory: { value: 1 } }, { sourceId: "a" }),
    );
    const { code, stdout } = await command.ended();
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n").sort();
    expect(lines).toEqual([
      expect.stringMatching(/a +COUNTER +requests +\+1, /),
      expect.stringMatching(/a +GAUGE +cpu +1, memory 1$/),
    ]);
  });

  test("continues after an outage, and reports it once", async () => {
    await using command = await fixture.startTail(...from(fixture), "--count", "2");
    fixture.emulator.emit(eventEnvelope("before", ""));
    await command.until(({ stdout }) => stdout.includes("before"));
    const { egress, gateway, tls } = fixture.emulator;
    await fixture.emulator.close();
    await command.until(({ stderr }) => stderr.includes("retrying until it succeeds"));
    fixture.emulator = await startEmulator({
      egress,
      tls,
      gateway: { address: gateway.address, tokens: { good: "all" } },
    });
    await fixture.emulator.until(({ egressStreams }) => egressStreams === 1);
    fixture.emulator.emit(eventEnvelope("after", ""));
    const { code, stdout, stderr } = await command.ended();
    expect(code).toBe(0);
    expect(stdout).toMatch(/before\n.*after\n$/);
    expect(stderr.match(/retrying/g)).toHaveLength(1);
    expect(stderr).toContain("connected again");
  });

  test("a reader that closes the output (| head) ends it quietly", async () => {
    await using command = await fixture.startTail(...from(fixture));
    fixture.emulator.emit(eventEnvelope("first", ""));
    await command.until(({ stdout }) => stdout.includes("first"));
    command.output.destroy();
    fixture.emulator.emit(eventEnvelope("second", ""));
    const { code, stderr } = await command.ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("no control character of an envelope reaches the terminal", async () => {
    await using command = await fixture.startTail(...from(fixture), "--tags", "--count", "1");
    const evil = "\x1b]0;evil\x07\x9b2J\r\n";
    fixture.emulator.emit(logEnvelope(evil, { sourceId: evil, tags: { [evil]: evil } }));
    const { stdout } = await command.ended();
    expect(stdout.slice(0, -1)).not.toMatch(/\p{Cc}/u);
    expect(stdout).toContain("\\x1b]0;evil\\x07\\x9b2J");
  });

  test("no server: one line, and exit code 1", async () => {
    const args = ["tail", ...from(fixture)];
    await fixture.emulator.close();
    const { code, stdout, stderr } = await loggregator(args, { env: fixture.env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^loggregator: [^\n]*127\.0\.0\.1:\d+[^\n]*check the address[^\n]*\n$/);
  });
});

test("--shard-id splits the envelopes among its readers", async () => {
  await using first = new Loggregator(["tail", ...fromEgress(fixture), "--shard-id", "x"], {
    env: fixture.env,
  });
  await using second = new Loggregator(["tail", ...fromEgress(fixture), "--shard-id", "x"], {
    env: fixture.env,
  });
  await fixture.emulator.until(({ egressStreams }) => egressStreams === 2);
  for (let count = 0; count < 100; count++) {
    fixture.emulator.emit(eventEnvelope("x", ""));
  }
  const lines = () => (first.stdout + second.stdout).split("\n").length - 1;
  await Promise.race([first.until(() => lines() === 100), second.until(() => lines() === 100)]);
  expect(first.stdout).not.toBe("");
  expect(second.stdout).not.toBe("");
});

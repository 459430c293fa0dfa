import { gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { afterAll, describe, expect, test } from "vitest";
import { app, startFoundation } from "../testing/foundation.js";
import { Loggregator, loggregator } from "../testing/loggregator.js";

const foundation = await startFoundation();
const { emulated, emulator, loggedIn } = foundation;

afterAll(() => foundation[Symbol.asyncDispose]());

describe("tail", () => {
  test("reads an app by its name from the gateway, with the token of its user", async () => {
    foundation.hasGateway = true;
    const args = ["tail", "checkout", "--time", "none", "--count", "1"];
    await using command = new Loggregator(args, { env: loggedIn });
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    foundation.hasGateway = false;
    const options = { instanceId: "2", stream: "stdout" } as const;
    emulator.emit(logEnvelope("not ours", { ...options, sourceId: "other" }));
    emulator.emit(logEnvelope("hello", { ...options, sourceId: app }));
    // The name is from the API, as the envelope has no tags.
    expect(await command.ended()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^checkout\/2 \(prod\) +LOG +hello\n$/),
    });
  });

  test("continues after recent envelopes, also of an app by its tags", async () => {
    const time = BigInt(Date.now()) * 1_000_000n;
    const log = (text: string, timestamp: bigint) =>
      emulator.emit(
        logEnvelope(text, {
          sourceId: "guid-of-cart",
          timestamp,
          tags: { app_name: "cart", space_name: "prod" },
        }),
      );
    log("first", time - 3n);
    log("second", time - 2n);
    log("third", time - 1n);
    const args = ["tail", "cart", "-n", "2", "-f", "--template", "{source} {text}"];
    await using command = new Loggregator(args, { env: emulated });
    await command.until(({ stdout }) => stdout.includes("third"));
    log("fourth", BigInt(Date.now()) * 1_000_000n);
    await command.until(({ stdout }) => stdout.includes("fourth"));
    expect(command.stdout).toBe("cart (prod) second\ncart (prod) third\ncart (prod) fourth\n");
    command.interrupt();
    expect((await command.ended()).code).toBe(0);
  });

  test("follows log-cache, by the name of the app", async () => {
    const args = ["tail", "--log-cache", "--app", "checkout", "--json", "--count", "2"];
    const command = new Loggregator(args, { env: loggedIn });
    await command.until(({ stderr }) => stderr.includes("reading from log-cache"));
    // Envelopes after the first read are new.
    let number = 0;
    const timer = setInterval(() => {
      number += 1;
      const timestamp = BigInt(Date.now()) * 1_000_000n;
      emulator.emit(logEnvelope(`new ${number}`, { sourceId: app, timestamp }));
    }, 50);
    const { stdout, code } = await command.ended();
    clearInterval(timer);
    const texts = stdout
      .trimEnd()
      .split("\n")
      .map((line) => atob(JSON.parse(line).log.payload));
    expect(texts).toHaveLength(2);
    expect(texts.every((text) => text.startsWith("new "))).toBe(true);
    expect(code).toBe(0);
  });

  test.for([
    [["tail", "--log-cache"], "select apps or sources with an argument, --app or --source-id"],
    [["tail", "--log-cache", "--gateway", "http://127.0.0.1:1"], "remove one of them"],
    [["tail", "--recent", "5"], "select an app or a source"],
    [
      ["tail", "--recent", "5", "--gateway", "http://127.0.0.1:1", "x"],
      "--recent reads from log-cache and cannot be combined with --gateway",
    ],
  ] as const)("%j is wrong usage", async ([args, message]) => {
    const { code, stderr } = await loggregator([...args], { env: emulated });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe("top", () => {
  test("counts the envelopes of log-cache, by the name of the app", async () => {
    const args = ["top", "--log-cache", "--app", "checkout", "--interval", "0.2", "--json"];
    await using command = new Loggregator(args, { env: loggedIn });
    await command.until(({ stderr }) => stderr.includes("reading from log-cache"));
    const timer = setInterval(() => {
      const at = { sourceId: app, timestamp: BigInt(Date.now()) * 1_000_000n };
      emulator.emit(logEnvelope("x", at));
      emulator.emit(gaugeEnvelope({ latency: { value: 3, unit: "ms" } }, at));
    }, 20);
    await command.until(({ stdout }) => stdout.includes('"latency"'));
    clearInterval(timer);
    const update = JSON.parse(command.stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(update.sources).toMatchObject([{ sourceId: app, name: "checkout (prod)" }]);
    expect(update.metrics).toMatchObject([{ sourceId: app, name: "latency", value: "3 ms" }]);
    command.interrupt();
    expect(await command.ended()).toMatchObject({
      code: 0,
      stderr: `loggregator: reading from log-cache ${emulator.logCache.url}\n`,
    });
  });

  test("needs the names of sources to read log-cache", async () => {
    const { code, stderr } = await loggregator(["top", "--log-cache"], { env: emulated });
    expect(stderr).toContain("select apps or sources with an argument, --app or --source-id");
    expect(code).toBe(2);
  });
});

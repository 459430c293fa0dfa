import { logEnvelope, logText, parseEnvelopeBatch } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Loggregator, loggregator } from "../../testing/loggregator.js";
import type { PageEvent } from "./pageStream.js";

const token = "a-token-for-the-platform";
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ gateway: { tokens: { [token]: "all" } } });
});

afterAll(async () => {
  await emulator?.close();
});

/** A running `loggregator ui` and the link that it printed. */
async function startUi(...args: readonly string[]) {
  const command = new Loggregator(["ui", "--port", "0", ...args], { env: { CF_TOKEN: token } });
  await command.until(({ stdout }) => /#key=\S+/.test(stdout));
  const url = new URL(/^ {2}(http:\S+)/m.exec(command.stdout)?.[1] ?? "");
  return { command, url, [Symbol.asyncDispose]: () => command[Symbol.asyncDispose]() };
}

/** The lines of the page's stream, as text. */
async function* linesOf(url: URL, signal: AbortSignal): AsyncGenerator<string> {
  const key = new URLSearchParams(url.hash.slice(1)).get("key");
  const headers = { authorization: `bearer ${key}` };
  const { body, status } = await fetch(new URL("/envelopes", url), { headers, signal });
  expect(status).toBe(200);
  let rest = "";
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Reads until the log with this text, and returns everything that was read. */
async function readUntil(url: URL, text: string): Promise<string> {
  const reading = new AbortController();
  let all = "";
  for await (const line of linesOf(url, reading.signal)) {
    all += `${line}\n`;
    const { batch } = line.startsWith('{"batch"') ? parseEnvelopeBatch(line) : { batch: [] };
    if (batch.some((envelope) => logText(envelope) === text)) {
      break;
    }
  }
  reading.abort();
  return all;
}

describe.each([
  ["a gateway", () => ["--gateway", emulator.gateway.url]],
  ["log-cache", () => ["--log-cache-url", emulator.logCache.url, "--source-id", "my-app"]],
])("the page of %s", (name, from) => {
  test("shows its envelopes, and never receives the token", async () => {
    await using ui = await startUi(...from());
    if (name === "a gateway") {
      await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
    }
    emulator.emit(logEnvelope(`hello from ${name}`, { sourceId: "my-app" }));
    const received = await readUntil(ui.url, `hello from ${name}`);
    const page = await (await fetch(ui.url)).text();
    const script = await (await fetch(new URL("/page.js", ui.url))).text();
    for (const text of [received, page, script, ui.url.href, ui.command.stdout]) {
      expect(text).not.toContain(token);
    }
    // A page that opens later gets it too.
    await readUntil(ui.url, `hello from ${name}`);
    expect((await fetch(new URL("/envelopes", ui.url))).status).toBe(401);
  });
});

test("begins with the last 15 minutes of log-cache, or with what options select", async () => {
  const now = BigInt(Date.now()) * 1_000_000n;
  const ages = [180, 90, 30, 5];
  for (const minutes of ages) {
    const timestamp = now - BigInt(minutes) * 60_000_000_000n;
    emulator.emit(logEnvelope(`${minutes} minutes ago`, { sourceId: "history", timestamp }));
  }
  const shown = async (...args: readonly string[]) => {
    await using ui = await startUi("--log-cache-url", emulator.logCache.url, "history", ...args);
    const received = await readUntil(ui.url, "5 minutes ago");
    const batches = received.split("\n").filter((line) => line.startsWith('{"batch"'));
    return batches.flatMap((line) => parseEnvelopeBatch(line).batch.map(logText));
  };
  const newest = (count: number) => ages.slice(-count).map((minutes) => `${minutes} minutes ago`);
  const [byDefault, since, recent] = await Promise.all([
    shown(),
    shown("--since", "2h"),
    shown("--recent", "2"),
  ]);
  expect(byDefault).toEqual(newest(1));
  expect(since).toEqual(newest(3));
  expect(recent).toEqual(newest(2));
});

test("selects envelopes like tail", async () => {
  await using ui = await startUi("--gateway", emulator.gateway.url, "checkout", "-g", "error");
  await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
  const tags = { app_name: "checkout" };
  emulator.emit(logEnvelope("error elsewhere", { sourceId: "other" }));
  emulator.emit(logEnvelope("fine", { sourceId: "guid", tags }));
  emulator.emit(logEnvelope("error here", { sourceId: "guid", tags }));
  const received = await readUntil(ui.url, "error here");
  const batches = received.split("\n").filter((line) => line.startsWith('{"batch"'));
  expect(batches.flatMap((line) => parseEnvelopeBatch(line).batch)).toHaveLength(1);
});

test("reports an outage of the source to the page", async () => {
  await using ui = await startUi("--gateway", emulator.gateway.url);
  await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
  const states: string[] = [];
  const reading = new AbortController();
  for await (const line of linesOf(ui.url, reading.signal)) {
    const event = (line === "" || line.startsWith('{"batch"') ? {} : JSON.parse(line)) as PageEvent;
    if ("source" in event) {
      states.push(event.source.state);
      if (states.length === 1) {
        emulator.faults.gateway.dropConnections();
      } else if (states.length === 3) {
        break;
      }
    }
  }
  reading.abort();
  expect(states).toEqual(["connected", "waiting", "connected"]);
});

test.each([
  [["--gateway", "http://127.0.0.1:9"], 1, "cannot read http://127.0.0.1:9/"],
  [["--gateway", "nowhere"], 2, "--gateway must be a URL"],
  [["--log-cache"], 2, "log-cache can only be read by source"],
  [["--gateway", "http://127.0.0.1:9", "--since", "1h"], 2, "--since reads from log-cache"],
  [["--gateway", "http://127.0.0.1:9", "-n", "5"], 2, "--recent reads from log-cache"],
  [["--gateway", "http://127.0.0.1:9", "--port", "x"], 2, "--port must be a port from 0 to 65535"],
])("with %j exits with %i and one line that contains %j", async (args, code, part) => {
  const ended = await loggregator(["ui", ...args], { env: { CF_TOKEN: token } });
  expect(ended.code).toBe(code);
  expect(ended.stderr).toContain(part);
  expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
});

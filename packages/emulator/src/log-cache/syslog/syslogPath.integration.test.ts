import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { envelopesOf, getGateway, logsOf } from "../../../testing/logCacheClients.js";
import { type Emulator, startEmulator } from "../../index.js";

/** Longer than the delay of an envelope that is not blocked. */
const syslogRetryMs = 100;

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({
    ingress: { tags: { deployment: "cf" } },
    logCache: { path: "syslog", syslogRetryMs },
    logger: null,
  });
});
afterAll(() => emulator.close());
beforeEach(() => {
  // All envelopes are lost.
  emulator.faults.logCache.node.stop();
  emulator.faults.logCache.node.start();
});

const read = async (sourceId = "s", query = "") =>
  envelopesOf(await getGateway(emulator, `/api/v1/read/${encodeURIComponent(sourceId)}${query}`));
const texts = async () => logsOf(await getGateway(emulator, "/api/v1/read/s"));
const log = (text: string | Uint8Array, options: Parameters<typeof logEnvelope>[1] = {}) =>
  logEnvelope(text, { sourceId: "s", timestamp: 1_000_000_001_234n, ...options });

describe("changes", () => {
  test.for<[string, Envelope, object]>([
    ["cuts timestamps to microseconds", log("x"), { timestamp: "1000000001000" }],
    ["keeps types of logs", log("x", { stream: "stdout" }), { log: { type: "OUT" } }],
    [
      "adds the agent's tags",
      log("x", { tags: { a: "b" } }),
      { tags: { a: "b", deployment: "cf" } },
    ],
    [
      "turns deprecated tags into tags of text",
      { ...log("x"), deprecatedTags: { n: { data: { $case: "integer", value: 5n } } } },
      { tags: { n: "5" }, deprecated_tags: {} },
    ],
    [
      "keeps what follows the last slash of an instance id",
      log("x", { instanceId: "abc/def" }),
      { instance_id: "def" },
    ],
    [
      "makes an empty instance id the end of the source type",
      log("x", { sourceType: "APP/PROC/WEB" }),
      { instance_id: "WEB" },
    ],
    [
      "cuts long instance ids of metrics",
      counterEnvelope("c", { sourceId: "s", instanceId: "i".repeat(200) }),
      { instance_id: "i".repeat(127) },
    ],
    [
      "keeps delta and total of counters",
      counterEnvelope("deltas", { sourceId: "s", delta: 3 }),
      { counter: { name: "deltas", delta: "3", total: "3" } },
    ],
    [
      "keeps timers whole",
      timerEnvelope("t", 5n, 7n, { sourceId: "s" }),
      { timer: { name: "t", start: "5", stop: "7" } },
    ],
    [
      "keeps events whole",
      eventEnvelope("title", "body", { sourceId: "s" }),
      { event: { title: "title", body: "body" } },
    ],
    [
      "keeps any value of a tag",
      log("x", { tags: { a: 'ü\x01"]\\' } }),
      { tags: { a: 'ü\x01"]\\' } },
    ],
    ["keeps empty values of tags", log("x", { tags: { a: "" } }), { tags: { a: "" } }],
    [
      "keeps long values of tags",
      log("x", { tags: { a: "v".repeat(60_000) } }),
      { tags: { a: "v".repeat(60_000) } },
    ],
    ["keeps timestamp 0", log("x", { timestamp: 0n }), { timestamp: "0" }],
  ])("%s", async ([, envelope, expected]) => {
    emulator.emit(envelope);
    expect(await read()).toMatchObject([expected]);
  });

  test("trims white space around payloads, keeps line ends inside, removes NUL bytes", async () => {
    emulator.emit(log(Buffer.from("\t  a\n\0b\xff \n\n", "latin1")));
    const [{ log: { payload } = { payload: "" } } = {}] = (await read()) as {
      log?: { payload: string };
    }[];
    expect(Buffer.from(payload, "base64").toString("latin1")).toBe("a\nb\xff");
  });

  test("truncates source ids to 48 characters", async () => {
    emulator.emit(log("x", { sourceId: "s".repeat(60) }));
    expect(await read("s".repeat(60))).toEqual([]);
    expect(await read("s".repeat(48))).toHaveLength(1);
  });

  test("converts each metric of a gauge to a separate envelope", async () => {
    const metrics = {
      cpu: { value: 0.5, unit: "%" },
      memory: { value: 1e6, unit: "B" },
      odd: { value: Number.POSITIVE_INFINITY, unit: "" },
    };
    emulator.emit(gaugeEnvelope(metrics, { sourceId: "s" }));
    expect((await read()).map(({ gauge }) => gauge)).toEqual([
      { metrics: { cpu: { unit: "%", value: 0.5 } } },
      { metrics: { memory: { unit: "B", value: 1_000_000 } } },
      { metrics: { odd: { unit: "", value: "Infinity" } } },
    ]);
  });

  test("negative timestamps are not read with the default start", async () => {
    emulator.emit(log("x", { timestamp: -5_000_000_000n }));
    expect(await read()).toEqual([]);
    expect(await read("s", "?start_time=-6000000000")).toHaveLength(1);
  });
});

describe("losses", () => {
  test.for<[string, Parameters<typeof logEnvelope>[1]]>([
    ["a source id with a space", { sourceId: "a b" }],
    ["a source id with a control character", { sourceId: "a\x01" }],
    ["a source id that is not ASCII", { sourceId: "ä" }],
    ["an instance id with a space", { instanceId: "a b" }],
    ["an instance id with a control character", { instanceId: "a\x01" }],
    ["an instance id that is not ASCII", { instanceId: "ä" }],
    ["a tag name with a space", { tags: { "a b": "" } }],
    ["a tag name with =", { tags: { "a=b": "" } }],
    ["a tag name with a quote", { tags: { 'a"b': "" } }],
    ["a tag name with ]", { tags: { "a]b": "" } }],
    ["a tag name that is not ASCII", { tags: { ä: "" } }],
  ])("%s blocks all others for a while, and is lost", async ([, options]) => {
    const before = performance.now();
    emulator.emit(log("lost", options));
    emulator.emit(log("waits"));
    await expect.poll(texts).toEqual(["waits"]);
    // Timers may fire a little early.
    expect(performance.now() - before).toBeGreaterThan(syslogRetryMs - 2);
  });

  test.for<[string, Parameters<typeof logEnvelope>[1], number]>([
    ["an empty tag name", { tags: { "": "v" } }, 1],
    ["a tag name of 33 characters", { tags: { ["t".repeat(33)]: "v" } }, 1],
    ["a log of more than 66,560 bytes", {}, 66_560],
  ])("%s closes the connection: messages in flight are lost", async ([, options, size]) => {
    emulator.emit(log("x".repeat(size), options));
    emulator.emit(log("lost too"));
    await new Promise(setImmediate);
    emulator.emit(log("later"));
    expect(await texts()).toEqual(["later"]);
  });

  test("a tag name of 32 characters and a log of 66,000 bytes pass", async () => {
    emulator.emit(log("x".repeat(66_000), { tags: { ["t".repeat(32)]: "v" } }));
    expect(await read()).toHaveLength(1);
  });

  test("envelopes without a message are not sent", async () => {
    emulator.emit({ ...log("x"), message: undefined });
    expect(await read()).toEqual([]);
  });
});

test("delays envelopes by about 350 ms in strict realism", async () => {
  await using strict = await startEmulator({ realism: "strict", logCache: { path: "syslog" } });
  const before = performance.now();
  strict.emit(log("x"));
  const count = async () => envelopesOf(await getGateway(strict, "/api/v1/read/s")).length;
  await expect.poll(count).toBe(1);
  expect(performance.now() - before).toBeGreaterThan(300);
});

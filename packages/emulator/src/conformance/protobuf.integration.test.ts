// Messages and services as docs/protocol.md describes them, with hand-written bytes.
import type { Envelope } from "@loggregator/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { get } from "../../testing/gatewayClient.js";
import { entry, type Field, message, utf8 } from "../../testing/protobuf.js";
import { RawGrpc } from "../../testing/rawGrpc.js";
import { readEvents } from "../../testing/sse.js";
import { type Emulator, startEmulator } from "../index.js";

const received: Envelope[] = [];
let emulator: Emulator;
let grpc: RawGrpc;

beforeEach(async () => {
  received.length = 0;
  emulator = await startEmulator({
    realism: "strict",
    logger: null,
    onEnvelope: (envelope) => received.push(envelope),
  });
  grpc = new RawGrpc(emulator);
});

afterEach(async () => {
  grpc[Symbol.dispose]();
  await emulator.close();
});

const common: Field[] = [
  [1, 1_795_363_066_942_000_000n],
  [2, "source"],
  [8, "instance"],
];
const commonFields = {
  timestamp: 1_795_363_066_942_000_000n,
  sourceId: "source",
  instanceId: "instance",
};

const selectors = [2, 3, 4, 5, 6].map((type): Field => [4, message([type, ""])]);

/** Sends an envelope as bytes. Returns it as received, as sent, and as a reader gets it. */
async function through(...fields: Field[]) {
  const envelope = message(...fields);
  const first = await grpc.read(emulator, "BatchedReceiver", message(...selectors, [3, true]));
  await grpc.send(message([1, envelope]));
  return { received: received[0], sent: message([1, envelope]), read: await first() };
}

describe("Envelope: timestamp 1, source_id 2, instance_id 8, and of its oneof", () => {
  test.each<[string, number, Uint8Array, Envelope["message"]]>([
    [
      "log 4: payload 1, type 2 {OUT=0, ERR=1}",
      4,
      message([1, "hello"], [2, 1n]),
      { $case: "log", value: { payload: utf8("hello"), type: 1 } },
    ],
    [
      "counter 5: name 1, delta 2, total 3",
      5,
      message([1, "requests"], [2, 2n ** 64n - 1n], [3, 7n]),
      { $case: "counter", value: { name: "requests", delta: 2n ** 64n - 1n, total: 7n } },
    ],
    [
      "gauge 6: metrics 1 map<string, GaugeValue>; GaugeValue: unit 1, value 2 double",
      6,
      message([1, entry("cpu", message([1, "%"], [2, -0.5]))]),
      { $case: "gauge", value: { metrics: { cpu: { unit: "%", value: -0.5 } } } },
    ],
    [
      "timer 7: name 1, start 2 int64, stop 3 int64",
      7,
      message([1, "http"], [2, -1n], [3, 2n ** 63n - 1n]),
      { $case: "timer", value: { name: "http", start: -1n, stop: 2n ** 63n - 1n } },
    ],
    [
      "event 10: title 1, body 2",
      10,
      message([1, "deploy"], [2, "v42"]),
      { $case: "event", value: { title: "deploy", body: "v42" } },
    ],
  ])("%s", async (_, number, bytes, expected) => {
    const { received, sent, read } = await through(...common, [number, bytes]);
    expect(received).toMatchObject({ ...commonFields, message: expected });
    expect(Buffer.from(read).toString("hex")).toBe(Buffer.from(sent).toString("hex"));
  });
});

test("Envelope: deprecated_tags 3 map<string, Value>, tags 9; Value: text 1, integer 2, decimal 3", async () => {
  const { received } = await through(
    [3, entry("text", message([1, "t"]))],
    [3, entry("integer", message([2, -2n]))],
    [3, entry("decimal", message([3, 0.5]))],
    [9, entry("tag", "value")],
    [4, ""],
  );
  expect(received).toMatchObject({
    tags: { tag: "value" },
    deprecatedTags: {
      text: { data: { $case: "text", value: "t" } },
      integer: { data: { $case: "integer", value: -2n } },
      decimal: { data: { $case: "decimal", value: 0.5 } },
    },
  });
});

test("json_name: source_id, instance_id, deprecated_tags; everything else is lowerCamelCase", async () => {
  const abort = new AbortController();
  const response = await get(emulator, "?log", { signal: abort.signal });
  await grpc.send(message([1, message([4, ""])]));
  const event = await readEvents(response.body).next();
  abort.abort();
  expect(Object.keys(JSON.parse(event.value.data).batch[0])).toEqual([
    "timestamp",
    "source_id",
    "instance_id",
    "deprecated_tags",
    "tags",
    "log",
  ]);
});

describe("EgressRequest and EgressBatchRequest:", () => {
  const counters = (name: string): Field => [4, message([3, message([1, name])])];
  const gauges = (...names: string[]): Field => [
    4,
    message([4, message(...names.map((name): Field => [1, name]))]),
  ];
  const counter = (name: string) => message([2, "source"], [5, message([1, name])]);
  const gauge = (...names: string[]) =>
    message([6, message(...names.map((name): Field => [1, entry(name, message([2, 1]))]))]);

  /**
   * Returns the first message of a stream with this request, for envelopes that are sent after it.
   */
  async function firstOf(
    method: "Receiver" | "BatchedReceiver",
    request: Uint8Array,
    ...envelopes: Uint8Array[]
  ): Promise<string> {
    const first = await grpc.read(emulator, method, request);
    await grpc.send(message(...envelopes.map((envelope): Field => [1, envelope])));
    return Buffer.from(await first()).toString("hex");
  }
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

  test("Egress: Receiver(EgressRequest) → stream Envelope", async () => {
    const request = message(counters(""), [3, true]);
    expect(await firstOf("Receiver", request, counter("a"), counter("b"))).toBe(hex(counter("a")));
  });

  test("Egress: BatchedReceiver(EgressBatchRequest) → stream EnvelopeBatch", async () => {
    const request = message(counters(""), [3, true]);
    // The first is sent alone, at once.
    expect(await firstOf("BatchedReceiver", request, counter("a"), counter("b"))).toBe(
      hex(message([1, counter("a")])),
    );
  });

  test("selectors 4; CounterSelector 3 with name 1", async () => {
    const request = message(counters("b"), [3, true]);
    const envelopes = [counter("a"), counter("b")] as const;
    expect(await firstOf("Receiver", request, ...envelopes)).toBe(hex(envelopes[1]));
  });

  test("GaugeSelector 4 with names 1 repeated", async () => {
    const envelopes = [gauge("a"), gauge("a", "b")] as const;
    const request = message(gauges("b", "a"), [3, true]);
    expect(await firstOf("Receiver", request, ...envelopes)).toBe(hex(envelopes[1]));
  });

  test("Selector: source_id 1, log 2, timer 5, event 6", async () => {
    const log = message([2, "source"], [4, ""]);
    const timer = message([2, "source"], [7, ""]);
    const event = message([2, "source"], [10, ""]);
    const other = message([2, "other"], [4, ""], [7, ""]);
    for (const [type, expected] of [
      [2, log],
      [5, timer],
      [6, event],
    ] as const) {
      const request = message([4, message([1, "source"], [type, ""])], [3, true]);
      expect(await firstOf("Receiver", request, other, log, timer, event)).toBe(hex(expected));
    }
  });

  test("legacy_selector 2", async () => {
    const request = message([2, message([2, ""])], [3, true]);
    const log = message([2, "source"], [4, ""]);
    expect(await firstOf("Receiver", request, counter("a"), log)).toBe(hex(log));
  });

  test("use_preferred_tags 3", async () => {
    const tagged = message([9, entry("a", "b")], [4, ""]);
    const deprecated = message([3, entry("a", message([1, "b"]))], [4, ""]);
    const log: Field = [4, message([2, ""])];
    expect(await firstOf("Receiver", message(log, [3, true]), deprecated)).toContain(
      hex(message([9, entry("a", "b")])),
    );
    expect(await firstOf("Receiver", message(log), tagged)).toContain(
      hex(message([3, entry("a", message([1, "b"]))])),
    );
  });

  test("shard_id 1, deterministic_name 5", async () => {
    const request = (name: string) =>
      message([1, "shard"], [5, name], [4, message([3, ""])], [3, true]);
    const b = await grpc.read(emulator, "BatchedReceiver", request("b"));
    const a = await grpc.read(emulator, "BatchedReceiver", request("a"));
    // By Go's hash/crc64: "requests" mod 2 is 0, "größe" mod 2 is 1.
    await grpc.send(message([1, counter("größe")], [1, counter("requests")]));
    expect([hex(await a()), hex(await b())]).toEqual([
      hex(message([1, counter("requests")])),
      hex(message([1, counter("größe")])),
    ]);
  });
});

describe("Ingress:", () => {
  const log = message([2, "source"], [4, message([1, "hello"])]);

  test("Send(EnvelopeBatch) → SendResponse, EnvelopeBatch: batch 1", async () => {
    expect(await grpc.send(message([1, log], [1, log]))).toHaveLength(0);
    expect(received).toHaveLength(2);
  });

  test("Sender(stream Envelope)", async () => {
    await grpc.stream("Sender", log);
    expect(received).toMatchObject([{ sourceId: "source" }]);
  });

  test("BatchSender(stream EnvelopeBatch)", async () => {
    await grpc.stream("BatchSender", message([1, log], [1, log]));
    expect(received).toMatchObject([{ sourceId: "source" }, { sourceId: "source" }]);
  });
});

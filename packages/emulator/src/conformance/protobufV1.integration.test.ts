// The messages of v1 as docs/protocol.md describes them, with hand-written bytes.
import { type Envelope, Log_Type } from "@loggregator/api";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sendDatagrams } from "../../testing/datagrams.js";
import { entry, message, utf8 } from "../../testing/protobuf.js";
import { type Emulator, startEmulator } from "../index.js";

const received: Envelope[] = [];
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({
    realism: "strict",
    logger: null,
    onEnvelope: (envelope) => received.push(envelope),
  });
});

beforeEach(() => {
  received.length = 0;
});

afterAll(async () => {
  await emulator.close();
});

describe("v1, package events, Envelope: origin 1, eventType 2, timestamp 6, deployment 13, job 14, index 15, ip 16, tags 17 and", () => {
  const uuid = message([1, 1n], [2, 2n]);

  test.each<[string, bigint, number, Uint8Array, Partial<Envelope>]>([
    [
      "HttpStartStop=4 in httpStartStop 7",
      4n,
      7,
      message(
        [1, 1n],
        [2, 2n],
        [3, uuid],
        [4, 2n],
        [5, 1n],
        [6, "http://uri"],
        [7, "remote"],
        [8, "agent"],
        [9, 200n],
        [10, 3n],
        [12, uuid],
        [13, 4n],
        [14, "instance"],
        [15, "a"],
        [15, "b"],
      ),
      {
        sourceId: "01000000-0000-0000-0200-000000000000",
        instanceId: "4",
        message: { $case: "timer", value: { name: "http", start: 1n, stop: 2n } },
        tags: expect.objectContaining({
          method: "GET",
          peer_type: "Server",
          uri: "http://uri",
          remote_address: "remote",
          user_agent: "agent",
          status_code: "200",
          content_length: "3",
          routing_instance_id: "instance",
          forwarded: "a\nb",
        }),
      },
    ],
    [
      "LogMessage=5 in logMessage 8",
      5n,
      8,
      message([1, "hello"], [2, 2n], [3, 5n], [4, "app"], [5, "APP"], [6, "3"]),
      {
        sourceId: "app",
        instanceId: "3",
        message: { $case: "log", value: { payload: utf8("hello"), type: 1 } },
        tags: expect.objectContaining({ source_type: "APP" }),
      },
    ],
    [
      "ValueMetric=6 in valueMetric 9",
      6n,
      9,
      message([1, "cpu"], [2, 0.5], [3, "%"]),
      { message: { $case: "gauge", value: { metrics: { cpu: { unit: "%", value: 0.5 } } } } },
    ],
    [
      "CounterEvent=7 in counterEvent 10",
      7n,
      10,
      message([1, "requests"], [2, 1n], [3, 2n]),
      { message: { $case: "counter", value: { name: "requests", delta: 1n, total: 2n } } },
    ],
    [
      "Error=8 in error 11",
      8n,
      11,
      message([1, "source"], [2, 9n], [3, "oops"]),
      {
        message: { $case: "log", value: { payload: utf8("oops"), type: 0 } },
        tags: expect.objectContaining({ source: "source", code: "9" }),
      },
    ],
    [
      "ContainerMetric=9 in containerMetric 12",
      9n,
      12,
      message([1, "app"], [2, 3n], [3, 0.5], [4, 4n], [5, 5n], [6, 6n], [7, 7n]),
      {
        sourceId: "app",
        instanceId: "3",
        message: {
          $case: "gauge",
          value: {
            metrics: {
              cpu: { unit: "percentage", value: 0.5 },
              memory: { unit: "bytes", value: 4 },
              disk: { unit: "bytes", value: 5 },
              memory_quota: { unit: "bytes", value: 6 },
              disk_quota: { unit: "bytes", value: 7 },
            },
          },
        },
      },
    ],
  ])("%s", async (_, type, number, event, expected) => {
    const { v1Received } = emulator.stats;
    await sendDatagrams(
      emulator,
      message(
        [1, "origin"],
        [2, type],
        [6, 10n],
        [number, event],
        [13, "deployment"],
        [14, "job"],
        [15, "index"],
        [16, "ip"],
        [17, entry("tag", "value")],
      ),
    );
    await emulator.until((stats) => stats.v1Received > v1Received);
    expect(received).toMatchObject([{ timestamp: 10n, ...expected }]);
    expect(received[0]?.tags).toMatchObject({
      origin: "origin",
      deployment: "deployment",
      job: "job",
      index: "index",
      ip: "ip",
      tag: "value",
    });
  });
});

describe("v1's enums:", () => {
  /** Returns the envelopes that result from these events, in the order of sending. */
  async function through(type: bigint, number: number, ...events: Uint8Array[]) {
    const { v1Received } = emulator.stats;
    await sendDatagrams(
      emulator,
      ...events.map((event) => message([1, "origin"], [2, type], [number, event])),
    );
    await emulator.until((stats) => stats.v1Received === v1Received + events.length);
    return received;
  }

  const http = (peerType: bigint, method: bigint) =>
    message(
      [1, 1n],
      [2, 2n],
      [3, message([1, 1n], [2, 2n])],
      [4, peerType],
      [5, method],
      [6, ""],
      [7, ""],
      [8, ""],
      [9, 0n],
      [10, 0n],
    );

  test("the method's 44 values, by number and by name", async () => {
    const names =
      "GET POST PUT DELETE HEAD ACL BASELINE_CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DEBUG LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH PRI PROPFIND PROPPATCH REBIND REPORT SEARCH SHOWMETHOD SPACEJUMP TEXTSEARCH TRACE TRACK UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION_CONTROL".split(
        " ",
      );
    const events = names.map((_, index) => http(1n, BigInt(index + 1)));
    const envelopes = await through(4n, 7, ...events);
    expect(envelopes.map(({ tags }) => tags["method"])).toEqual(names);
    expect(names).toHaveLength(44);
  });

  test("peerType {Client=1, Server=2}", async () => {
    const envelopes = await through(4n, 7, http(1n, 1n), http(2n, 1n));
    expect(envelopes.map(({ tags }) => tags["peer_type"])).toEqual(["Client", "Server"]);
  });

  test("message_type {OUT=1, ERR=2}", async () => {
    const log = (type: bigint) => message([1, "hello"], [2, type], [3, 5n]);
    const envelopes = await through(5n, 8, log(1n), log(2n));
    expect(envelopes.map(({ message }) => message?.$case === "log" && message.value.type)).toEqual([
      Log_Type.OUT,
      Log_Type.ERR,
    ]);
  });
});

import { selectLog } from "@loggregator/api";
import {
  batchEvent,
  batchJson,
  closingEvent,
  FakeGateway,
  type GatewayConnection,
  heartbeatEvent,
  take,
  takeUntilError,
  texts,
} from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { EventTooLargeError, InvalidEventError } from "./errors.js";
import { RlpGatewayClient, type RlpGatewayClientOptions } from "./rlpGatewayClient.js";

const request = { shardId: "s", selectors: [selectLog()] };

function clientOf(gateway: FakeGateway, options: Partial<RlpGatewayClientOptions> = {}) {
  return new RlpGatewayClient({ url: gateway.url, token: "t", ...options });
}

/** Returns the envelopes that a client reads from one response body, up to `count`. */
async function readBody(pieces: readonly (string | Uint8Array)[], count: number) {
  await using gateway = await FakeGateway.start((connection) => connection.open().write(...pieces));
  return await take(clientOf(gateway).stream(request), count);
}

/** Every form that the format allows, in one stream. */
const [first, second] = batchJson("in two lines 1").split('"batch":') as [string, string];
const variedStream = new TextEncoder().encode(
  [
    `\ufeff${batchEvent("after the mark")}`,
    ": a comment\n\n",
    heartbeatEvent,
    "heartbeat: 1795363066\n\n",
    `data: ${first}"batch":\ndata: ${second}\n\n`,
    batchEvent("carriage returns ü").replaceAll("\n", "\r\n"),
    batchEvent("ü€😀", "two in a batch"),
    batchEvent("no space").replace("data: ", "data:"),
    `event: message\nid: 7\nretry: 1000\n${batchEvent("named")}`,
    batchEvent("last"),
  ].join(""),
);
const variedTexts = [
  "after the mark",
  "in two lines 1",
  "carriage returns ü",
  "ü€😀",
  "two in a batch",
  "no space",
  "named",
  "last",
];

describe("a stream", () => {
  test("sends the request that the gateway expects", async () => {
    await using gateway = await FakeGateway.start((connection) => connection.open().send("x"));
    const client = clientOf(gateway, { token: "the-token" });
    await take(client.stream({ ...request, deterministicName: "d & e" }), 1);
    const [{ request: sent } = {} as GatewayConnection] = gateway.connections;
    expect(sent.method).toBe("GET");
    expect(sent.url).toBe("/v2/read?shard_id=s&deterministic_name=d%20%26%20e&log");
    expect(sent.headers).toMatchObject({
      accept: "text/event-stream",
      authorization: "bearer the-token",
      "cache-control": "no-cache",
    });
  });

  test("delivers every form of event that arrives in one piece", async () => {
    expect(await readBody([variedStream], variedTexts.length)).toEqual(variedTexts);
  });

  test("delivers the same if every byte arrives separately", async () => {
    const pieces = [...variedStream].map((byte) => Uint8Array.of(byte));
    expect(await readBody(pieces, variedTexts.length)).toEqual(variedTexts);
  });

  test("delivers the same for any split", async () => {
    await using gateway = await FakeGateway.start(async (connection, cut) => {
      await connection.open().write(variedStream.subarray(0, cut + 1));
      await connection.write(variedStream.subarray(cut + 1), closingEvent);
      connection.end();
    });
    const client = clientOf(gateway, { retry: { baseDelayMs: 1 }, logger: null });
    const cuts = variedStream.length - 1;
    const taken = await take(client.stream(request), cuts * variedTexts.length);
    expect(taken).toEqual(Array.from({ length: cuts }, () => variedTexts).flat());
    expect(gateway.connections.length).toBe(cuts);
  });

  test("keeps the order over broken connections, without loss or repetition", async () => {
    const perConnection = 2_000;
    await using gateway = await FakeGateway.start(async (connection, index) => {
      connection.open();
      for (let i = 0; i < perConnection; i++) {
        await connection.send(`${index}/${i}/${"x".repeat(i % 700)}`);
      }
      // Each connection ends in the middle of an event, in alternating ways.
      await connection.write(batchEvent("half").slice(0, 60));
      if (index % 2 === 0) {
        connection.end();
      } else {
        await connection.cut();
      }
    });
    const client = clientOf(gateway, { retry: { baseDelayMs: 1 }, logger: null });
    const taken = await take(client.stream(request), 4 * perConnection);
    expect(taken.map((text) => text.slice(0, text.lastIndexOf("/")))).toEqual(
      Array.from(
        { length: 4 * perConnection },
        (_, i) => `${Math.floor(i / perConnection)}/${i % perConnection}`,
      ),
    );
  });

  test("delivers events that arrived before a failure to a slow consumer", async () => {
    const total = 300;
    await using gateway = await FakeGateway.start(async (connection) => {
      connection.open();
      for (let i = 0; i < total; i++) {
        await connection.send(`${i}/${"x".repeat(1_500)}`);
      }
      await connection.cut();
    });
    const client = clientOf(gateway, { maxRetries: 0 });
    const taken: string[] = [];
    const reading = (async () => {
      for await (const batch of client.stream(request)) {
        taken.push(...texts(batch));
        await gateway.connections[0]?.closed;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await expect(reading).rejects.toMatchObject({ name: "RetriesExhaustedError" });
    expect(taken.map((text) => text.slice(0, text.indexOf("/")))).toEqual(
      Array.from({ length: total }, (_, i) => `${i}`),
    );
  });

  test("reports a malformed event and continues", async () => {
    const invalid: InvalidEventError[] = [];
    const warnings: string[] = [];
    await using gateway = await FakeGateway.start((connection) =>
      connection
        .open()
        .write(
          batchEvent("before"),
          "data: {no json\n\n",
          'data: {"batch":7}\n\n',
          batchEvent("after"),
        ),
    );
    const client = clientOf(gateway, {
      onInvalidEvent: (error) => invalid.push(error),
      logger: { debug() {}, info() {}, warn: (message) => warnings.push(message), error() {} },
    });
    expect(await take(client.stream(request), 2)).toEqual(["before", "after"]);
    expect(invalid.map(({ data }) => data)).toEqual(["{no json", '{"batch":7}']);
    expect(invalid[0]).toBeInstanceOf(InvalidEventError);
    expect(invalid[0]?.cause).toBeInstanceOf(Error);
    expect(warnings).toHaveLength(2);
    expect(gateway.connections).toHaveLength(1);
  });

  test("rejects a 100 MiB event without reading all of it", async () => {
    const mebibyte = "x".repeat(1024 * 1024);
    let sentMebibytes = 0;
    await using gateway = await FakeGateway.start(async (connection) => {
      await connection.open().write(batchEvent("before"), "data: ");
      let open = true;
      connection.closed.then(() => {
        open = false;
      });
      for (; open && sentMebibytes < 100; sentMebibytes++) {
        await connection.write(mebibyte);
      }
      await connection.write("\n\n");
    });
    const { taken, error } = await takeUntilError(clientOf(gateway).stream(request));
    expect(taken).toEqual(["before"]);
    expect(error).toBeInstanceOf(EventTooLargeError);
    await gateway.connections[0]?.closed;
    // The limit is 10 Mi characters; the rest is buffered in the sockets.
    expect(sentMebibytes).toBeLessThan(40);
    expect(gateway.connections).toHaveLength(1);
  });

  test("reads no faster than its consumer, whose time does not count as silence", async () => {
    const line = "x".repeat(10_000);
    const total = 4_000;
    let sent = 0;
    await using gateway = await FakeGateway.start(async (connection) => {
      connection.open();
      for (; sent < total; sent++) {
        await connection.send(`${sent} ${line}`);
      }
    });
    const client = clientOf(gateway, { heartbeatTimeoutMs: 1_000 });
    let received = 0;
    for await (const batch of client.stream(request)) {
      received += batch.length;
      if (received === 100) {
        // The server must stop sending: wait until some time passes without a send.
        for (let before = -1; before !== sent; ) {
          before = sent;
          await new Promise((resolve) => setTimeout(resolve, 1_200));
        }
        // Unsent data cannot be in the client's memory. Sockets buffer some of the sent data as
        // well.
        expect(sent).toBeLessThan(total / 2);
      }
      if (received === total) {
        break;
      }
    }
    expect(received).toBe(total);
    expect(gateway.connections).toHaveLength(1);
  });
});

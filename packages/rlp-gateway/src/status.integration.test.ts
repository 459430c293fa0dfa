import { inspect } from "node:util";
import { selectLog } from "@loggregator/api";
import { FakeGateway, take } from "@loggregator/testing";
import { expect, test } from "vitest";
import type { GatewayStatus } from "./gatewayStatus.js";
import { RlpGatewayClient } from "./rlpGatewayClient.js";

const request = { selectors: [selectLog()] };

function clientOf(gateway: FakeGateway): RlpGatewayClient {
  return new RlpGatewayClient({
    url: gateway.url,
    token: "a-secret-token",
    retry: { baseDelayMs: 1, maxDelayMs: 2 },
    logger: null,
  });
}

test("status reports each connection, and stats count envelopes and retries", async () => {
  await using gateway = await FakeGateway.start(async (connection, index) => {
    if (index === 0) {
      return connection.fail(503, "streaming_unavailable", "not now");
    }
    connection.open();
    if (index === 1) {
      await connection.write("data: no batch\n\n");
      await connection.send("a");
      return connection.end();
    }
    return connection.send("b");
  });
  const client = clientOf(gateway);
  const statuses = client.status();
  const first = statuses.next();
  let batches = 0;
  for await (const _ of client.stream(request)) {
    expect(client.stats.streams).toBe(1);
    if (++batches === 2) {
      break;
    }
  }
  expect(client.stats).toEqual({
    streams: 0,
    received: 2,
    batches: 2,
    invalidEvents: 1,
    reconnects: 2,
  });
  client.close();
  const reported = [(await first).value as GatewayStatus];
  for await (const status of statuses) {
    reported.push(status);
  }
  const attempt = ["connecting", "open", "disconnected"];
  expect(reported.map(({ type }) => type)).toEqual([
    ...["connecting", "disconnected", "retrying"],
    ...[...attempt, "retrying"],
    ...attempt,
    "closed",
  ]);
  expect(reported[1]).toMatchObject({ error: { status: 503 } });
  expect(inspect([reported, client], { depth: 10, showHidden: true })).not.toContain("secret");
});

test("an iteration of status can be ended while it waits, and ends immediately for a closed client", async () => {
  await using gateway = await FakeGateway.start(() => {});
  const client = clientOf(gateway);
  const statuses = client.status();
  const awaited = statuses.next();
  await statuses.return?.();
  expect(await awaited).toEqual({ done: true, value: undefined });
  client.close();
  const reported: GatewayStatus[] = [];
  for await (const status of client.status()) {
    reported.push(status);
  }
  expect(reported).toEqual([{ type: "closed" }]);
});

test("exceptions of callbacks and loggers do not end streams", async () => {
  let thrown = 0;
  const fail = () => {
    thrown++;
    throw new Error("from a callback");
  };
  await using gateway = await FakeGateway.start(async (connection, index) => {
    if (index === 0) {
      return connection.fail(503, "streaming_unavailable", "not now");
    }
    connection.open();
    await connection.write("data: no batch\n\n");
    return connection.send("a");
  });
  await using client = new RlpGatewayClient({
    url: gateway.url,
    token: () => "a-secret-token",
    retry: { baseDelayMs: 1 },
    logger: { debug: fail, info: fail, warn: fail, error: fail },
    onRetryableError: fail,
    onInvalidEvent: fail,
  });
  expect(await take(client.stream(request), 1)).toEqual(["a"]);
  expect(thrown).toBeGreaterThan(5);
});

test("rejects malformed loggers and callbacks", () => {
  const url = "http://127.0.0.1:1";
  expect(() => new RlpGatewayClient({ url, logger: {} as never })).toThrow(TypeError);
  expect(() => new RlpGatewayClient({ url, onInvalidEvent: 1 as never })).toThrow("onInvalidEvent");
});

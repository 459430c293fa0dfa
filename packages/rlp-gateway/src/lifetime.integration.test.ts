import { getEventListeners } from "node:events";
import { selectLog } from "@loggregator/api";
import { FakeGateway, type GatewayConnection, take } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { RlpGatewayClient } from "./rlpGatewayClient.js";

const request = { selectors: [selectLog()] };
const sendAndStay = (connection: GatewayConnection) => connection.open().send("a", "b", "c");

function clientOf(gateway: FakeGateway, signal?: AbortSignal): RlpGatewayClient {
  return new RlpGatewayClient({ url: gateway.url, token: "t", signal });
}

describe("the server sees the request closed promptly after", () => {
  const mine = new Error("mine");
  const ways: Record<
    string,
    (end: {
      abort: AbortController;
      client: RlpGatewayClient;
      clientAbort: AbortController;
    }) => boolean
  > = {
    break: () => true,
    throw: () => {
      throw mine;
    },
    "an abort": ({ abort }) => {
      abort.abort();
      return false;
    },
    "an abort of the client's signal": ({ clientAbort }) => {
      clientAbort.abort();
      return false;
    },
    "the client's close": ({ client }) => {
      client.close();
      return false;
    },
  };

  test.each(Object.entries(ways))("%s", async (_, leave) => {
    await using gateway = await FakeGateway.start(sendAndStay);
    const clientAbort = new AbortController();
    const client = clientOf(gateway, clientAbort.signal);
    const abort = new AbortController();
    let batches = 0;
    let leftAt = 0;
    try {
      for await (const _batch of client.stream(request, { signal: abort.signal })) {
        batches += 1;
        leftAt = performance.now();
        if (leave({ abort, client, clientAbort })) {
          break;
        }
      }
    } catch (error) {
      expect(error).toBe(mine);
    }
    await gateway.connections[0]?.closed;
    // The heartbeat timeout would take 45 s.
    expect(performance.now() - leftAt).toBeLessThan(10_000);
    // Two more batches had arrived with the first.
    expect(batches).toBe(1);
    expect(gateway.connections).toHaveLength(1);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
    await client.close();
    expect(getEventListeners(clientAbort.signal, "abort")).toEqual([]);
  });

  test("an abort while the consumer is busy", async () => {
    await using gateway = await FakeGateway.start(sendAndStay);
    const abort = new AbortController();
    for await (const _ of clientOf(gateway).stream(request, { signal: abort.signal })) {
      abort.abort();
      // The consumer waits until the server sees the end, before it reads more.
      await gateway.connections[0]?.closed;
    }
    expect(gateway.connections).toHaveLength(1);
  });

  test("the end of the scope that uses the client", async () => {
    await using gateway = await FakeGateway.start(sendAndStay);
    let pending: Promise<unknown>;
    {
      await using client = clientOf(gateway);
      const batches = client.stream(request)[Symbol.asyncIterator]();
      for (let i = 0; i < 3; i++) {
        expect((await batches.next()).done).toBe(false);
      }
      pending = batches.next();
    }
    expect(await pending).toEqual({ done: true, value: undefined });
    await gateway.connections[0]?.closed;
  });

  test("a return while a batch is awaited", async () => {
    await using gateway = await FakeGateway.start((c) => c.open());
    const batches = clientOf(gateway).stream(request)[Symbol.asyncIterator]();
    const pending = batches.next();
    while (gateway.connections.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await batches.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    await gateway.connections[0]?.closed;
  });
});

describe("a stream", () => {
  test("ends without an error if it is aborted before the response or during a delay", async () => {
    const abort = new AbortController();
    await using gateway = await FakeGateway.start((c, index) => {
      if (index === 0) {
        c.fail(500, "x", "y");
      } else {
        abort.abort();
      }
    });
    expect(await take(clientOf(gateway).stream(request, { signal: abort.signal }), 1)).toEqual([]);
    await gateway.connections[1]?.closed;

    const pausing = new AbortController();
    await using failing = await FakeGateway.start((c) => c.fail(500, "x", "y"));
    const client = new RlpGatewayClient({
      url: failing.url,
      retry: { baseDelayMs: 1_000_000, maxDelayMs: 1_000_000 },
      logger: null,
      onRetryableError: () => setImmediate(() => pausing.abort()),
    });
    expect(await take(client.stream(request, { signal: pausing.signal }), 1)).toEqual([]);
  });

  test("sends no request before its iteration, or if it was aborted before", async () => {
    await using gateway = await FakeGateway.start(sendAndStay);
    const client = clientOf(gateway);
    client.stream(request);
    expect(await take(client.stream(request, { signal: AbortSignal.abort() }), 1)).toEqual([]);
    expect(gateway.connections).toEqual([]);
  });

  test("cannot be opened by a client whose signal has aborted", async () => {
    const options = { url: "https://gateway.example", signal: AbortSignal.abort() };
    const client = new RlpGatewayClient(options);
    expect(() => client.stream(request)).toThrow("the client is closed");
    expect(await client.status().next()).toMatchObject({ value: { type: "closed" } });
  });

  test("sends a request for each iteration", async () => {
    await using gateway = await FakeGateway.start(sendAndStay);
    const stream = clientOf(gateway).stream(request);
    expect(await Promise.all([take(stream, 3), take(stream, 2)])).toEqual([
      ["a", "b", "c"],
      ["a", "b"],
    ]);
    expect(gateway.connections).toHaveLength(2);
  });

  test("works with a fetch that ignores the signal", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) =>
        controller.enqueue(new TextEncoder().encode('data: {"batch":[{}]}\n\n')),
      cancel: () => {
        cancelled = true;
      },
    });
    const client = new RlpGatewayClient({
      url: "https://gateway.example",
      fetch: () => Promise.resolve(new Response(body)),
    });
    for await (const batch of client.stream(request)) {
      expect(batch).toHaveLength(1);
      break;
    }
    expect(cancelled).toBe(true);
  });
});

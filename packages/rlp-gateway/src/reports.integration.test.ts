import { selectLog } from "@loggregator/api";
import { abortListeners, FakeGateway, recordProcessEvents, take } from "@loggregator/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RlpGatewayClient } from "./rlpGatewayClient.js";

const request = { selectors: [selectLog()] };
const retry = { baseDelayMs: 1, maxDelayMs: 2 };

let events: ReturnType<typeof recordProcessEvents>;

beforeEach(() => {
  events = recordProcessEvents();
});

afterEach(() => {
  events[Symbol.dispose]();
});

/** Returns the messages of the warnings of this package. */
function warnings(): string[] {
  return events.warnings
    .filter(({ name }) => name === "LoggregatorWarning")
    .map(({ message }) => message);
}

/** Fails a few times for each stream, and then sends one line. */
function failing(failures: number) {
  return FakeGateway.start((connection, index) =>
    index < failures ? connection.fail(503, "x", "not now") : connection.open().send("a"),
  );
}

describe("without a logger", () => {
  test("the first failure of an outage and the recovery are warnings", async () => {
    await using gateway = await failing(5);
    const client = new RlpGatewayClient({ url: gateway.url, retry });
    await take(client.stream(request), 1);
    await events.settled();
    expect(warnings()).toEqual([
      expect.stringMatching(/^gateway client: (?!.*http:.*http:).*got 503 x: not now; retrying/),
      expect.stringMatching(/^gateway client http:.*: recovered$/),
    ]);
  });

  test("an outage of all streams of a client is reported once", async () => {
    await using gateway = await failing(40);
    const client = new RlpGatewayClient({ url: gateway.url, retry });
    await Promise.all(Array.from({ length: 10 }, () => take(client.stream(request), 1)));
    await events.settled();
    expect(warnings()).toHaveLength(2);
  });

  test("the end of a failing stream ends its outage, and the next failure is a new one", async () => {
    await using gateway = await FakeGateway.start((c) => c.fail(503, "x", "not now"));
    const abort = [new AbortController(), new AbortController()] as const;
    let failures = 0;
    const client = new RlpGatewayClient({
      url: gateway.url,
      retry,
      onRetryableError: () => abort[failures++ < 3 ? 0 : 1].abort(),
    });
    for (const { signal } of abort) {
      await take(client.stream(request, { signal }), 1);
    }
    await events.settled();
    expect(warnings()).toHaveLength(2);
  });

  test("the first skipped event is a warning, unless there is a callback for it", async () => {
    await using gateway = await FakeGateway.start(async (connection) => {
      await connection.open().write("data: 1\n\n", "data: 2\n\n");
      await connection.send("a");
    });
    const client = new RlpGatewayClient({ url: gateway.url });
    await take(client.stream(request), 1);
    const other = new RlpGatewayClient({ url: gateway.url, onInvalidEvent() {} });
    await take(other.stream(request), 1);
    await events.settled();
    expect(warnings()).toEqual([expect.stringMatching(/skipped an event of length 1 /)]);
  });
});

test("with logger null, nothing is reported", async () => {
  await using gateway = await failing(3);
  await take(new RlpGatewayClient({ url: gateway.url, retry, logger: null }).stream(request), 1);
  await events.settled();
  expect(events.warnings).toEqual([]);
});

test("with a logger, each failure is a warning and the recovery an info message", async () => {
  await using gateway = await failing(3);
  const lines: string[] = [];
  const log = (level: string) => (message: string) => lines.push(`${level} ${message}`);
  const logger = { debug() {}, info: log("info"), warn: log("warn"), error: log("error") };
  await take(new RlpGatewayClient({ url: gateway.url, retry, logger }).stream(request), 1);
  await events.settled();
  expect(lines.map((line) => line.split(" ")[0])).toEqual(["warn", "warn", "warn", "info"]);
  expect(events.warnings).toEqual([]);
});

test("callbacks, loggers and token functions may be async and reject", async () => {
  await using gateway = await FakeGateway.start(async (connection, index) => {
    if (index < 2) {
      return connection.fail(503, "x", "y");
    }
    await connection.open().write("data: 1\n\n");
    await connection.send("a");
  });
  let calls = 0;
  const reject = async () => {
    calls++;
    throw new Error("rejected");
  };
  let tokens = 0;
  const client = new RlpGatewayClient({
    url: gateway.url,
    retry,
    logger: { debug: reject, info: reject, warn: reject, error: reject },
    onRetryableError: reject,
    onInvalidEvent: reject,
    token: () => (tokens++ === 0 ? Promise.reject(new Error("no token")) : "t"),
  });
  expect(await take(client.stream(request), 1)).toEqual(["a"]);
  await events.settled();
  expect(calls).toBeGreaterThan(8);
  expect(events.unhandledRejections).toEqual([]);
});

test("100 streams share a signal and a client without a warning, and leave no listener", async () => {
  const streams = 100;
  await using gateway = await FakeGateway.start((connection) => connection.open().send("a"));
  const abort = new AbortController();
  const client = new RlpGatewayClient({ url: gateway.url, token: async () => "t" });
  const iterators = Array.from({ length: streams }, () =>
    client.stream(request, abort)[Symbol.asyncIterator](),
  );
  for (const { done } of await Promise.all(iterators.map((iterator) => iterator.next()))) {
    expect(done).toBe(false);
  }
  expect(abortListeners(abort.signal)).toBe(1);
  expect(client.stats.streams).toBe(streams);
  const ends = iterators.map((iterator) => iterator.next());
  abort.abort();
  for (const { done } of await Promise.all(ends)) {
    expect(done).toBe(true);
  }
  await events.settled();
  expect(events.warnings).toEqual([]);
  expect(abortListeners(abort.signal)).toBe(0);
  expect(client.stats.streams).toBe(0);
});

test("streams that end one after the other leave no listener on their signal", async () => {
  await using gateway = await FakeGateway.start((connection) => connection.open().send("a"));
  const abort = new AbortController();
  await using client = new RlpGatewayClient({ url: gateway.url });
  for (let i = 0; i < 20; i++) {
    client.stream(request, abort)[Symbol.asyncIterator]();
    expect(await take(client.stream(request, abort), 1)).toEqual(["a"]);
    expect(abortListeners(abort.signal)).toBe(0);
  }
});

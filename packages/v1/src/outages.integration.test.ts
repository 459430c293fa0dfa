import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import {
  Recorder,
  recordProcessEvents,
  reserveUdpPort,
  runModule,
  UdpListener,
} from "@loggregator/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { AddressLookupError, DatagramSendError, V1Client, type V1ClientOptions } from "./index.js";

const origin = "origin";

/** Replaces the system's name lookup until the end of the test. */
function mockLookup(lookup: () => Promise<unknown>): void {
  const spy = vi.spyOn(dns.promises, "lookup").mockImplementation(lookup as never);
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
}

describe("an outage", () => {
  test("is reported once without a logger, and so is the recovery", async () => {
    await using port = await reserveUdpPort();
    using events = recordProcessEvents();
    const warned = new Recorder<Error>();
    process.on("warning", warned.add);
    onTestFinished(() => void process.off("warning", warned.add));
    const failures = new Recorder<Error>();
    await using client = new V1Client({
      origin,
      address: port.address,
      onRetryableError: failures.add,
      retry: { baseDelayMs: 1, maxDelayMs: 1 },
    });
    while (failures.values.length < 3) {
      client.emitCounter("lost");
      await new Promise(setImmediate);
    }
    await warned.count(1);
    await using listener = await UdpListener.start(port.port);
    client.emitCounter("arrives");
    await listener.next(1);
    await warned.count(2);
    await events.settled();
    expect(events.warnings.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      expect.stringMatching(
        /^LoggregatorWarning: v1 client: cannot send to 127.*: connection refused\. Is the agent running .*; retrying/,
      ),
      `LoggregatorWarning: v1 client ${port.address}: recovered`,
    ]);
  });

  test("is not reported with logger: null", async () => {
    await using port = await reserveUdpPort();
    using events = recordProcessEvents();
    const failures = new Recorder<Error>();
    await using client = new V1Client({
      origin,
      address: port.address,
      logger: null,
      onRetryableError: failures.add,
    });
    client.emitCounter("lost");
    await failures.count(1);
    await events.settled();
    expect(events.warnings).toEqual([]);
  });

  test("counts attempts from 1, and shows in the status", async () => {
    mockLookup(() => Promise.reject(new Error("no DNS")));
    const attempts = new Recorder<[Error, number, number]>();
    const client = new V1Client({
      origin,
      logger: null,
      retry: { baseDelayMs: 1, maxDelayMs: 2 },
      onRetryableError: (...args) => attempts.add(args),
    });
    const types = typesOf(client);
    client.emitCounter("c");
    await attempts.count(3);
    await client.close();
    const numbers = attempts.values.map(([, attempt]) => attempt);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const [error, , delayMs] = attempts.values[0] as [Error, number, number];
    expect(error).toBeInstanceOf(AddressLookupError);
    expect(error.message).toBe("cannot resolve localhost: no DNS. Is the host name correct?");
    expect(delayMs).toBeGreaterThan(0);
    expect(delayMs).toBeLessThanOrEqual(1);
    expect((await types).slice(0, 4)).toEqual(["idle", "connecting", "retrying", "connecting"]);
    expect((await types).at(-1)).toBe("closed");
  });

  test("closes the client after retry.maxAttempts", async () => {
    mockLookup(() => Promise.reject(new Error("no DNS")));
    const errors: Error[] = [];
    const dropped = new Recorder<number>();
    const attempts: number[] = [];
    const client = new V1Client({
      origin,
      logger: null,
      retry: { baseDelayMs: 1, maxDelayMs: 1, maxAttempts: 2 },
      onError: (error) => errors.push(error),
      onRetryableError: (_, attempt) => attempts.push(attempt),
      onDropped: dropped.add,
    });
    const status = client.status();
    client.emitCounter("c");
    await dropped.count(1);
    expect(attempts).toEqual([1, 2]);
    expect(errors).toHaveLength(3);
    client.emitCounter("c");
    expect(client.stats).toEqual({ sent: 0, dropped: 2, queued: 0, reconnects: 2 });
    let last: unknown;
    for await (const entry of status) {
      last = entry;
    }
    expect(last).toEqual({ type: "closed", error: errors[2] });
    await client.close();
  });
});

describe("a name lookup", () => {
  test("that never resolves fails after connectTimeoutMs, and is retried", async () => {
    mockLookup(() => new Promise(() => {}));
    const failures = new Recorder<Error>();
    await using client = new V1Client({
      origin,
      logger: null,
      connectTimeoutMs: 20,
      retry: { baseDelayMs: 1, maxDelayMs: 1 },
      onRetryableError: failures.add,
    });
    client.emitCounter("c");
    await failures.count(2);
    expect(failures.values[0]).toBeInstanceOf(AddressLookupError);
    expect(failures.values[0]?.message).toBe(
      "cannot resolve localhost: no answer within 20 ms. Is the host name correct?",
    );
    expect(client.stats).toEqual({
      sent: 0,
      dropped: 0,
      queued: 1,
      reconnects: failures.values.length,
    });
  });

  test("without an address is retried until there is one", async () => {
    await using listener = await UdpListener.start();
    const answers: unknown[][] = [[], []];
    mockLookup(async () => answers.shift() ?? [{ address: "127.0.0.1", family: 4 }]);
    const failures = new Recorder<Error>();
    await using client = new V1Client({
      origin,
      logger: null,
      address: `agent.example:${listener.port}`,
      retry: { baseDelayMs: 1, maxDelayMs: 1 },
      onRetryableError: failures.add,
    });
    client.emitCounter("c");
    await listener.next(1);
    expect(failures.values.map(({ message }) => message)).toEqual([
      "cannot resolve agent.example: the lookup returned no address. Is the host name correct?",
      "cannot resolve agent.example: the lookup returned no address. Is the host name correct?",
    ]);
  });

  test("that never resolves does not delay close() beyond closeTimeoutMs", async () => {
    mockLookup(() => new Promise(() => {}));
    const dropped: number[] = [];
    const client = new V1Client({
      origin,
      logger: null,
      closeTimeoutMs: 20,
      onDropped: (count) => dropped.push(count),
    });
    client.emitCounter("c");
    await client.close();
    expect(client.stats).toEqual({ sent: 0, dropped: 1, queued: 0, reconnects: 0 });
    expect(dropped).toEqual([1]);
  });

  test("that never resolves does not keep the process running", async () => {
    const script = `
      import dns from "node:dns";
      import { syncBuiltinESMExports } from "node:module";
      dns.promises.lookup = () => new Promise(() => {});
      syncBuiltinESMExports();
      const { V1Client } = await import(${JSON.stringify(new URL("../dist/index.js", import.meta.url))});
      const client = new V1Client({ origin: "o", connectTimeoutMs: 50, logger: null });
      client.emitCounter("c");
      process.on("exit", () => console.log("exits", client.stats.queued));
    `;
    const stdout = await runModule(script);
    expect(stdout).toBe("exits 1\n");
  });
});

test("close() retries once, without a delay, if no process listens", async () => {
  await using port = await reserveUdpPort();
  const errors = new Recorder<Error>();
  const client = new V1Client({
    origin,
    address: port.address,
    logger: null,
    retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 },
    onError: errors.add,
  });
  client.emitCounter("c");
  await errors.count(1);
  for (let i = 0; i < 1_000; i++) {
    client.emitCounter("c");
  }
  await client.close();
  const { sent, dropped, queued } = client.stats;
  expect({ all: sent + dropped, queued }).toEqual({ all: 1_001, queued: 0 });
  expect(errors.values[0]).toBeInstanceOf(DatagramSendError);
  expect(errors.values.length).toBeLessThanOrEqual(3);
});

test.each<[Partial<Record<string, unknown>>, string]>([
  [{ adress: "localhost:1" }, 'unknown option "adress"; did you mean "address"?'],
  [{ connectTimeoutMS: 1 }, 'unknown option "connectTimeoutMS"; did you mean "connectTimeoutMs"?'],
  [{ retry: { maxAttempt: 1 } }, 'unknown option "retry.maxAttempt"; did you mean "maxAttempts"?'],
  [{ retry: { maxAttempts: -1 } }, "retry.maxAttempts must be"],
  [{ connectTimeoutMs: 0 }, "connectTimeoutMs must be a positive number of milliseconds"],
  [{ onRetryableError: 5 }, "onRetryableError must be a function, got 5"],
])("rejects %j", (options, message) => {
  expect(() => new V1Client({ origin, ...options } as V1ClientOptions)).toThrow(message);
});

/** Resolves to the types of all statuses once the client has closed. */
async function typesOf(client: V1Client): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of client.status()) {
    types.push(type);
  }
  return types;
}

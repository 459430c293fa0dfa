import { setImmediate as turn } from "node:timers/promises";
import { silentLogger } from "@loggregator/core";
import {
  abortListeners,
  Recorder,
  recordProcessEvents,
  reserveTcpPort,
} from "@loggregator/testing";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { Status } from "nice-grpc";
import { beforeAll, expect, test } from "vitest";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { startIngressServer } from "../testing/ingressServer.js";
import { IngressClient, type IngressClientOptions, IngressError } from "./index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const quick = { flushIntervalMs: 5, retry: { baseDelayMs: 10, maxDelayMs: 50 } };

function connect(address: string, options: Partial<IngressClientOptions> = {}): IngressClient {
  return new IngressClient({ address, tls: certificates.client, ...quick, ...options });
}

test("twenty clients share one signal, with one listener and no warning", async () => {
  using process = recordProcessEvents();
  await using server = await startIngressServer(certificates.server, (call) => call.serve());
  const abort = new AbortController();
  const clients = Array.from({ length: 20 }, (_, i) =>
    connect(server.address, {
      signal: abort.signal,
      delivery: i % 2 === 0 ? "stream" : "acknowledged",
    }),
  );
  for (const client of clients) {
    emitNumbers(client, 0, 5);
  }
  await Promise.all(clients.map((client) => client.flush()));
  expect(abortListeners(abort.signal)).toBe(1);
  await Promise.all(clients.slice(0, 10).map((client) => client.close()));
  abort.abort();
  await Promise.all(clients.map((client) => client.close()));
  expect(abortListeners(abort.signal)).toBe(0);
  await process.settled();
  expect(process.warnings).toEqual([]);
});

test("twenty events and twenty flushes share one signal, with one listener and no warning", async () => {
  using process = recordProcessEvents();
  const arrived = new Recorder<() => void>();
  await using server = await startIngressServer(certificates.server, async (call) => {
    if (!call.path.endsWith("/Send")) {
      return;
    }
    await call.read();
    arrived.add(() => call.acknowledge());
  });
  const abort = new AbortController();
  const { signal } = abort;
  const client = connect(server.address, { closeTimeoutMs: 50, logger: null });
  emitNumbers(client, 0, 1_000, 1_000);
  const events = range(0, 20).map(() => client.emitEvent("title", "body", { signal }));
  const flushes = range(0, 20).map(() => client.flush({ signal }));
  await arrived.count(20);
  expect(abortListeners(signal)).toBe(1);
  for (const acknowledge of arrived.values) {
    acknowledge();
  }
  await Promise.all(events);
  abort.abort(new Error("enough"));
  for (const flush of flushes) {
    await expect(flush).rejects.toThrow("enough");
  }
  expect(abortListeners(signal)).toBe(0);
  await client.close().catch(() => {});
  await process.settled();
  expect(process.warnings).toEqual([]);
});

test.each([
  [
    "throw",
    () => {
      throw new Error("from a callback");
    },
  ],
  ["reject", () => Promise.reject(new Error("from a callback"))],
])("callbacks and loggers that %s end neither the client nor the process", async (_, fail) => {
  using process = recordProcessEvents();
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, async (call, number) => {
    if (number === 0) {
      call.end(Status.UNAVAILABLE, "not yet");
    } else {
      await call.serve((envelope) => received.push(numberOf(envelope)));
    }
  });
  const client = connect(server.address, {
    maxQueueSize: 10,
    onDropped: fail,
    onRetryableError: fail,
    logger: { debug: fail, info: fail, warn: fail, error: fail },
  });
  emitNumbers(client, 0, 20);
  while (client.stats.reconnects === 0) {
    await turn();
  }
  emitNumbers(client, 20, 10);
  await client.close();
  expect(received.at(-1)).toBe(29);
  await process.settled();
  expect(process.unhandledRejections).toEqual([]);
  expect(process.warnings).toEqual([]);
});

test("failures of callbacks are logged as errors", async () => {
  const errors: string[] = [];
  const abort = new AbortController();
  await using unusedPort = await reserveTcpPort();
  const client = connect(unusedPort.address, {
    signal: abort.signal,
    maxQueueSize: 1,
    onDropped: () => {
      throw new Error("no disk");
    },
    onRetryableError: async () => {
      abort.abort();
      throw new Error("no network");
    },
    logger: { ...silentLogger, error: (message) => errors.push(message) },
  });
  emitNumbers(client, 0, 2);
  await client.flush().catch(() => {});
  await turn();
  expect(errors.sort()).toEqual([
    "onDropped failed: Error: no disk",
    "onDropped failed: Error: no disk",
    "onRetryableError failed: Error: no network",
  ]);
});

test("envelopes dropped by an abort inside onDropped are reported as well", async () => {
  await using unusedPort = await reserveTcpPort();
  const reported: number[] = [];
  const abort = new AbortController();
  const client = connect(unusedPort.address, {
    signal: abort.signal,
    maxQueueSize: 10,
    onDropped: (count) => {
      reported.push(count);
      abort.abort();
    },
    logger: null,
  });
  emitNumbers(client, 0, 15);
  for (let i = 0; i < 3; i++) {
    await Promise.resolve();
  }
  expect(client.stats).toMatchObject({ sent: 0, dropped: 15, queued: 0 });
  expect(reported).toEqual([5, 10]);
});

test("without a logger, the first failure of an outage and the recovery are each one warning", async () => {
  using process = recordProcessEvents();
  await using port = await reserveTcpPort();
  const failures = new Recorder<Error>();
  const client = connect(port.address, {
    delivery: "acknowledged",
    onRetryableError: failures.add,
  });
  emitNumbers(client, 0, 10);
  await failures.count(3);
  await process.settled();
  expect(process.warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^ingress client: cannot connect to ${port.address}: .*; retrying \\(pass a logger`,
      ),
    ),
  ]);
  await using _ = await startIngressServer(certificates.server, (call) => call.serve(), {
    port: port.port,
  });
  await client.close();
  await process.settled();
  expect(process.warnings).toHaveLength(2);
  expect(process.warnings[1]?.message).toBe(`ingress client ${port.address}: recovered`);
  expect(process.warnings[1]?.name).toBe("LoggregatorWarning");
});

test("without a logger and onDropped, the first drops of an open client are a warning", async () => {
  using process = recordProcessEvents();
  await using server = await startIngressServer(certificates.server, (call) => call.serve());
  for (const options of [{}, { onDropped: () => {} }, { logger: null }, { logger: silentLogger }]) {
    const client = connect(server.address, { maxQueueSize: 10, ...options });
    for (let round = 0; round < 3; round++) {
      emitNumbers(client, 0, 15);
      await client.flush();
    }
    await client.close();
    client.emitLog("late");
    expect(client.stats.dropped).toBeGreaterThan(1);
  }
  await process.settled();
  expect(process.warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^ingress client .*: dropped 5 envelopes because the queue was full/),
  ]);
});

test("logger: null disables the warnings", async () => {
  using process = recordProcessEvents();
  await using unusedPort = await reserveTcpPort();
  const failures = new Recorder<Error>();
  {
    await using client = connect(unusedPort.address, {
      logger: null,
      closeTimeoutMs: 1,
      onRetryableError: failures.add,
    });
    emitNumbers(client, 0, 10);
    await failures.count(3);
  }
  await process.settled();
  expect(process.warnings).toEqual([]);
});

test.for(["stream", "acknowledged"] as const)(
  "close() rejects, while await using logs the failure and keeps an error from the block (%s)",
  async (delivery) => {
    await using unusedPort = await reserveTcpPort();
    const errors: string[] = [];
    const options = {
      delivery,
      closeTimeoutMs: 20,
      logger: { ...silentLogger, error: (message: string) => errors.push(message) },
    };
    const expected = /^close\(\) timed out after 20 ms: 10 envelopes were still queued/;
    const useClient = async () => {
      await using client = connect(unusedPort.address, options);
      emitNumbers(client, 0, 10);
      throw new Error("from the block");
    };
    await expect(useClient()).rejects.toThrow(/^from the block$/);
    expect(errors).toEqual([expect.stringMatching(expected)]);
    for (const close of ["close", "closeSend"] as const) {
      const client = connect(unusedPort.address, options);
      emitNumbers(client, 0, 10);
      await expect(client[close]()).rejects.toThrow(IngressError);
      await expect(client[close]()).rejects.toThrow(expected);
    }
    expect(errors).toHaveLength(1);
  },
);

test("sends both envelopes if a getter of an option emits another one", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, (call) =>
    call.serve((envelope) => received.push(numberOf(envelope))),
  );
  const client = connect(server.address, { batchMaxSize: 1 });
  let begun = false;
  client.emitLog("1", {
    get tags() {
      if (!begun) {
        begun = true;
        client.emitLog("2", { sourceId: "inner" });
        void client.flush();
      }
      return { a: "b" };
    },
  });
  expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 2, reconnects: 0 });
  await client.close();
  expect(received).toEqual([1, 2]);
});

test("keeps the counts correct if a getter of an option closes or aborts the client", async () => {
  await using server = await startIngressServer(certificates.server, (call) => call.serve());
  for (const end of ["close", "abort"] as const) {
    const abort = new AbortController();
    const client = connect(server.address, { signal: abort.signal });
    client.emitLog("1", {
      get sourceId() {
        if (end === "close") {
          void client.close();
        } else {
          abort.abort();
        }
        return "app";
      },
    });
    await client.close();
    const { sent, dropped, queued } = client.stats;
    expect([sent + dropped, queued]).toEqual([1, 0]);
  }
});

test.for([
  ["emitEvent", (client: IngressClient, options: object) => client.emitEvent("t", "b", options)],
  ["flush", (client: IngressClient, options: object) => client.flush(options)],
] as const)("%s rejects unknown and invalid options", async ([, call]) => {
  const client = connect("127.0.0.1:1", { signal: AbortSignal.abort() });
  await expect(call(client, { sygnal: 1 })).rejects.toThrow(
    'unknown option "sygnal"; did you mean "signal"?',
  );
  await expect(call(client, { signal: 1 })).rejects.toThrow("signal must be an AbortSignal, got 1");
  for (const options of [null, "none", []]) {
    await expect(call(client, options as never)).rejects.toThrow(
      /^options must be an object, got /,
    );
  }
});

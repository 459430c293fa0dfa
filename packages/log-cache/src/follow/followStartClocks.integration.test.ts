// The default start, after the stored envelopes, with clocks that differ.
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { expect, test } from "vitest";
import { gatewayClient, log, now, numbers, take, textsOf, watch } from "../../testing/follow.js";
import { LogCacheClient as GrpcClient } from "../grpc/index.js";
import type { LogCacheReader, LogCacheStatus } from "../index.js";

const ms = 1_000_000n;
const minute = 60_000n * ms;
const hour = 60n * minute;
const options = { settleMs: 0, overlapMs: 20, pollIntervalMs: 2 };

function grpcClient(emulator: Emulator): GrpcClient {
  const { address } = emulator.logCache;
  const retry = { baseDelayMs: 1, maxDelayMs: 10 };
  return new GrpcClient({ address, tls: emulator.tls.logCache, logger: null, retry });
}

/** Simulates a browser page behind a proxy that does not expose the header `date`. */
async function fetchWithoutDate(url: string, init: unknown): Promise<Response> {
  const { status, body } = await fetch(url, init as RequestInit);
  return new Response(body, { status });
}

/** Resolves after some more sweeps. */
async function sweeps(client: LogCacheReader): Promise<void> {
  const { requests } = client.stats;
  await expect.poll(() => client.stats.requests, { interval: 1 }).toBeGreaterThan(requests + 20);
}

test.each([
  ["gRPC", grpcClient],
  ["HTTP", (emulator: Emulator) => gatewayClient(emulator)],
  [
    "HTTP without a date",
    (emulator: Emulator) => gatewayClient(emulator, { fetch: fetchWithoutDate }),
  ],
  [
    "HTTP without a date and queries",
    (emulator: Emulator) => {
      const { url } = emulator.logCache;
      return gatewayClient(emulator, { url, token: "user", fetch: fetchWithoutDate });
    },
  ],
])("yields only new envelopes if the client's clock is an hour behind: %s", async (_, connect) => {
  await using emulator = await startEmulator({ gateway: { tokens: { user: "all" } } });
  await using client = connect(emulator);
  const statuses: LogCacheStatus[] = [];
  const watching = watch(client, statuses);
  emulator.faults.logCache.skewClock(3_600_000);
  // Around the time of the client, and up to that of the server.
  for (let i = -50; i < 50; i++) {
    emulator.emit(log("stored", now() + BigInt(i) * 100n * ms));
    emulator.emit(log("stored", now() + hour - BigInt(50 - i) * 100n * ms));
  }
  const stream = client.follow(["a"], options);
  const reading = take(stream, 51);
  await sweeps(client);
  for (let i = 0; i < 50; i++) {
    emulator.emit(log(i, now() + hour + BigInt(i)));
  }
  await sweeps(client);
  emulator.emit(log(50, now() + hour + minute));
  expect(textsOf(await reading)).toEqual(numbers(51));
  await client.close();
  await watching;
  expect(statuses.map(({ type }) => type)).toEqual(["closed"]);
});

test("yields only new envelopes if the source is a minute ahead of both clocks", async () => {
  await using emulator = await startEmulator();
  await using client = gatewayClient(emulator);
  for (let i = -100; i < 600; i++) {
    emulator.emit(log("stored", now() + BigInt(i) * 100n * ms));
  }
  const stream = client.follow(["a"], options);
  const first = take(stream, 1);
  await sweeps(client);
  emulator.emit(log("ahead", now() + minute));
  expect(textsOf(await first)).toEqual(["ahead"]);
  const second = take(stream, 1);
  await sweeps(client);
  emulator.emit(log("present", now()));
  expect(textsOf(await second)).toEqual(["present"]);
  stream.stop();
});

test.each([1, 30])(
  "one future envelope among %i stored ones does not hide current ones",
  async (count) => {
    await using emulator = await startEmulator();
    await using client = gatewayClient(emulator);
    for (let i = 1; i < count; i++) {
      emulator.emit(log("stored", now() - BigInt(i) * ms));
    }
    emulator.emit(log("future", now() + hour));
    const first = take(client.follow(["a"], options), 1);
    await sweeps(client);
    emulator.emit(log("present", now()));
    expect(textsOf(await first)).toEqual(["present"]);
  },
);

test("continues over gRPC if log-cache's clock is set back by hours", async () => {
  await using emulator = await startEmulator();
  await using client = grpcClient(emulator);
  const stream = client.follow(["a"], { ...options, from: 1n });
  emulator.faults.logCache.skewClock(3_600_000);
  for (let i = 0; i < 50; i++) {
    emulator.emit(log(i, now() + hour + BigInt(i)));
  }
  expect(textsOf(await take(stream, 50))).toEqual(numbers(50));
  const next = take(stream, 50);
  emulator.faults.logCache.skewClock(-3_600_000);
  for (let i = 0; i < 50; i++) {
    emulator.emit(log(i, now() - hour + BigInt(i)));
  }
  expect(textsOf(await next)).toEqual(numbers(50));
});

import { setTimeout as wait } from "node:timers/promises";
import { logEnvelope } from "@loggregator/api";
import { type Emulator, type EmulatorOptions, startEmulator } from "@loggregator/emulator";
import { type Gap, LogCacheClient } from "@loggregator/log-cache";
import { expect, test } from "vitest";
import { GoProgram, hasGo } from "./clients/goProgram.js";
import { compare, isOrdered, numberOf, upTo } from "./measures/numbers.js";
import { expectReleased, resources } from "./measures/resources.js";
import { type Row, report } from "./report.js";
import { CountingProxy } from "./servers/countingProxy.js";

/** Log-cache's misbehaviour, and the emitted envelopes. */
interface Fault {
  readonly options?: EmulatorOptions;
  /** Default: 20,000. */
  readonly count?: number;
  /**
   * The timestamp of an envelope. Default: the current time, plus one microsecond for each
   * envelope.
   */
  readonly timestamp?: (number: number, start: bigint) => bigint;
  readonly begin?: (emulator: Emulator) => void;
  /** Called with the number of envelopes that have been emitted, after each 100. */
  readonly inTheMiddle?: (emulator: Emulator, emitted: number) => unknown;
  /** Returns whether the store keeps a number. Default: all. */
  readonly stored?: (number: number) => boolean;
  /** True if envelopes are lost in log-cache, which gaps must report. */
  readonly loses?: boolean;
  /** The minimum time from one envelope to the next, in microseconds. Default: 0. */
  readonly intervalUs?: number;
}

const source = "app";
const batch = 100;
/** The maximum lead of the emission over our client, in envelopes. */
const maxAhead = 20_000;
/** `settleMs` and `overlapMs`. Envelopes are late by less. */
const latenessMs = 200;

/** A client under test, with the numbers that it has read. */
interface Reader {
  readonly client: "follow" | "go walk";
  readonly proxy: CountingProxy;
  readonly numbers: number[];
  readonly reading: Promise<void>;
}

async function runFault(name: string, fault: Fault): Promise<void> {
  const before = resources();
  report(await run(name, fault));
  await expectReleased(before);
}

/** Runs our client and Go's Walk beside each other. */
async function run(name: string, fault: Fault): Promise<Row[]> {
  const { count = 20_000, stored = () => true } = fault;
  await using emulator = await startEmulator({ logger: null, ...fault.options });
  const { gatewayUrl } = emulator.logCache;
  await using proxy = await CountingProxy.start(gatewayUrl);
  await using goProxy = await CountingProxy.start(gatewayUrl);
  const start = BigInt(Date.now()) * 1_000_000n;
  const gaps: Gap[] = [];
  const stop = new AbortController();
  const ours: number[] = [];
  const reading = follow(proxy.url, start, ours, gaps, stop.signal);
  const readers: Reader[] = [{ client: "follow", proxy, numbers: ours, reading }];
  if (hasGo) {
    const numbers: number[] = [];
    const reading = walk(goProxy.url, start, numbers, stop.signal);
    readers.push({ client: "go walk", proxy: goProxy, numbers, reading });
  }
  const startedAt = performance.now();
  const last = await emitAll(emulator, fault, start, count, ours);
  await untilLast(ours, last, 30_000);
  for (const { numbers } of readers) {
    await untilLast(numbers, last, 4_000);
  }
  // Repeated or late envelopes would arrive now.
  await wait(2 * latenessMs);
  const seconds = (performance.now() - startedAt) / 1000;
  stop.abort();
  await Promise.all(readers.map((reader) => reader.reading));
  const expected = upTo(count).filter(stored);
  const rows = readers.map((reader) => describe(name, reader, expected, last, seconds, gaps));
  const [{ lost, duplicated } = { lost: -1, duplicated: -1 }] = rows;
  expect(ours.at(-1)).toBe(last);
  expect(duplicated).toBe(0);
  expect(isOrdered(ours)).toBe(true);
  if (fault.loses) {
    expect(gaps.length).toBeGreaterThan(0);
  } else {
    expect(lost).toBe(0);
    expect(gaps).toEqual([]);
  }
  // A million numbers take as much memory as a test may keep.
  for (const { numbers } of readers) {
    numbers.length = 0;
  }
  return rows;
}

async function untilLast(numbers: readonly number[], last: number, timeoutMs: number) {
  const deadline = performance.now() + timeoutMs;
  while (numbers.at(-1) !== last && performance.now() < deadline) {
    await wait(20);
  }
}

function describe(
  fault: string,
  { client, proxy, numbers }: Reader,
  expected: readonly number[],
  last: number,
  seconds: number,
  gaps: readonly Gap[],
): Row {
  const read = numbers.filter((number) => number !== last);
  const order = isOrdered(read) ? "" : "out of order, ";
  const isOurs = client === "follow";
  const gapsRemark = isOurs && gaps.length > 0 ? `gaps reported: ${gaps.length}, ` : "";
  const rate = Math.round(proxy.requests / seconds);
  const perEnvelope = Math.round(proxy.bytes / expected.length);
  const remark = `${order}${gapsRemark}${rate} reads/s, ${perEnvelope} bytes per envelope`;
  return { fault, client, ...compare(expected, read), recoveredMs: [], remark };
}

/** Emits the numbers, and then one that marks the end, which it returns. */
async function emitAll(
  emulator: Emulator,
  fault: Fault,
  start: bigint,
  count: number,
  numbers: readonly number[],
): Promise<number> {
  const { timestamp = (number, from) => from + BigInt(number) * 1_000n } = fault;
  const emit = (number: number, time: bigint) =>
    emulator.emit(logEnvelope(String(number), { sourceId: source, timestamp: time }));
  fault.begin?.(emulator);
  let dueAt = performance.now();
  for (let number = 0; number < count; number++) {
    emit(number, timestamp(number, start));
    if (number % batch === 0) {
      await fault.inTheMiddle?.(emulator, number);
      await new Promise(setImmediate);
      while (performance.now() < dueAt) {
        await wait(1);
      }
      dueAt = performance.now() + (batch * (fault.intervalUs ?? 0)) / 1_000;
    }
    while (!fault.loses && number - numbers.length > maxAhead) {
      await wait(5);
    }
  }
  await wait(2 * latenessMs);
  emit(count, timestamp(count, start) + 1_000_000n);
  return count;
}

async function follow(
  url: string,
  from: bigint,
  numbers: number[],
  gaps: Gap[],
  signal: AbortSignal,
): Promise<void> {
  await using client = new LogCacheClient({
    url,
    logger: null,
    retry: { baseDelayMs: 10, maxDelayMs: 50 },
  });
  const options = {
    from: from - 1n,
    settleMs: latenessMs,
    overlapMs: latenessMs,
    pollIntervalMs: 20,
    onGap: (gap: Gap) => gaps.push(gap),
    signal,
  };
  for await (const envelopes of client.follow([source], options)) {
    numbers.push(...envelopes.map(numberOf));
  }
}

/** Go's Walk with the delay and the backoff of the cf command. */
async function walk(
  url: string,
  from: bigint,
  numbers: number[],
  signal: AbortSignal,
): Promise<void> {
  await using program = await GoProgram.start(
    "log-cache-walker",
    { address: url },
    undefined,
    (line) => numbers.push(...(line["lines"] as string[]).map(Number)),
  );
  program.write({ sourceId: source, start: `${from - 1n}` });
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

const late = (emulator: Emulator) =>
  emulator.faults.logCache.delayArrivals(
    ({ timestamp }) => Number((timestamp / 1_000n) % 10n) * 15,
  );

const hourMs = 3_600_000;

/** The offset of the clocks when a number is emitted. */
function offsetMs(number: number): number {
  const seconds = [3_600, -3_600, 0, 7_200, 10, -10, -3_600, 60, 0, -7_200];
  return 1_000 * (seconds[Math.ceil(number / 2_000) % seconds.length] ?? 0);
}

const faults: Readonly<Record<string, Fault>> = {
  "log-cache: no fault": {},
  "log-cache: envelopes arrive late": { begin: late },
  "log-cache: 4,000 equal timestamps at a time": {
    timestamp: (number, start) => start + BigInt(Math.floor(number / 4_000)) * 10_000_000n,
  },
  "log-cache: 5,000 equal timestamps at a time": {
    timestamp: (number, start) => start + BigInt(Math.floor(number / 5_000)) * 10_000_000n,
    // The store keeps 4,000 and the last one.
    stored: (number) => number % 5_000 < 4_000 || number % 5_000 === 4_999,
  },
  "log-cache: its clock is an hour behind": {
    begin: (emulator) => emulator.faults.logCache.skewClock(-hourMs),
  },
  "log-cache: its clock is an hour ahead": {
    begin: (emulator) => emulator.faults.logCache.skewClock(hourMs),
  },
  "log-cache: its clock and that of the source are set forward and back": {
    timestamp: (number) => BigInt(Date.now() + offsetMs(number)) * 1_000_000n + BigInt(number * 20),
    begin: (emulator) => emulator.faults.logCache.skewClock(offsetMs(0)),
    inTheMiddle: async (emulator, emitted) => {
      if (emitted % 2_000 === 0) {
        await wait(2 * latenessMs);
        emulator.faults.logCache.skewClock(offsetMs(emitted + 1));
      }
    },
  },
  "log-cache: responses are too large": {
    begin: (emulator) => emulator.faults.logCache.limitResponses(10_000),
  },
  "log-cache: envelopes expire unread": {
    options: { logCache: { maxPerSource: 500 } },
    loses: true,
  },
  "log-cache: the gateway restarts": {
    inTheMiddle: async (emulator, emitted) => {
      if (emitted > 0 && emitted % 5_000 === 0) {
        emulator.faults.logCache.gateway.stop();
        await wait(100);
        emulator.faults.logCache.gateway.start();
      }
    },
  },
  "log-cache: a restart without its data": {
    loses: true,
    inTheMiddle: async (emulator, emitted) => {
      if (emitted === 10_000) {
        emulator.faults.logCache.server.stop();
        await wait(100);
        emulator.faults.logCache.server.start();
      }
    },
  },
};

test.each(Object.entries(faults))("%s", runFault);

/** The store accepts a million of them. */
const count = 1_010_989;
/** The faults of the million happen once, or once in each of these rounds. */
const round = 100_000;
/** The first envelopes of a round have one timestamp. The store keeps 4,000 and the last one. */
const equal = 5_000;

test("log-cache: 1,000,000 envelopes, late, with equal timestamps, expiry, a wrong clock, oversized responses and restarts", async () => {
  const intervalUs = 50;
  await runFault("log-cache: 1,000,000 envelopes with all faults", {
    count,
    intervalUs,
    // A source keeps 100,000: nine of ten expire.
    timestamp: (number, start) => {
      const inRound = number % round;
      const place = inRound < equal ? number - inRound : number;
      return start + BigInt(place * intervalUs) * 1_000n;
    },
    stored: (number) => number % round < 4_000 || number % round >= equal - 1,
    begin: ({ faults }) => {
      faults.logCache.delayArrivals(({ timestamp }) => {
        const tenth = Number((timestamp / BigInt(intervalUs * 1_000)) % 10n);
        return tenth < 7 ? 0 : (tenth - 6) * 60;
      });
    },
    inTheMiddle: async ({ faults: { logCache } }, emitted) => {
      const clockMs = { 150000: hourMs, 450000: -hourMs, 750000: 0 }[emitted];
      if (clockMs !== undefined) {
        logCache.skewClock(clockMs);
      }
      switch (emitted % round) {
        case 40_000:
          logCache.limitResponses(20_000);
          return;
        case 60_000:
          logCache.gateway.stop();
          await wait(50);
          logCache.gateway.start();
          return;
        case 80_000:
          logCache.limitResponses(50 * 1024 * 1024);
          return;
        default:
      }
    },
  });
}, 300_000);

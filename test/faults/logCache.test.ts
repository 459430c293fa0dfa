import { setTimeout as wait } from "node:timers/promises";
import { logEnvelope } from "@loggregator/api";
import { type Emulator, type EmulatorOptions, startEmulator } from "@loggregator/emulator";
import { type Gap, LogCacheClient } from "@loggregator/log-cache";
import { expect, test } from "vitest";
import { CountingProxy } from "./countingProxy.js";
import { GoProgram, hasGo } from "./goProgram.js";
import { compare, isOrdered, numberOf, upTo } from "./numbers.js";
import { type Row, report } from "./report.js";
import { expectReleased, resources } from "./resources.js";

/** Log-cache's misbehavior, and the emitted envelopes. */
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
  /** The maximum delay of envelopes, in milliseconds. Default: 200. */
  readonly latenessMs?: number;
  /** False to leave out Go's Walk. */
  readonly withGo?: boolean;
}

const source = "app";
const batch = 100;
/** The maximum lead of the emission over our client, in envelopes. */
const maxAhead = 20_000;

async function runFault(name: string, fault: Fault): Promise<void> {
  const before = resources();
  const rows: Row[] = [];
  for (const client of ["follow", "go walk"] as const) {
    if (client === "follow" || (hasGo && fault.withGo !== false)) {
      rows.push({ fault: name, client, ...(await read(client, fault)) });
    }
  }
  report(rows);
  await expectReleased(before);
}

async function read(
  who: "follow" | "go walk",
  fault: Fault,
): Promise<Omit<Row, "fault" | "client">> {
  const { count = 20_000, stored = () => true, latenessMs = 200 } = fault;
  await using emulator = await startEmulator({ logger: null, ...fault.options });
  await using proxy = await CountingProxy.start(emulator.logCache.gatewayUrl);
  const start = BigInt(Date.now()) * 1_000_000n;
  const numbers: number[] = [];
  const gaps: Gap[] = [];
  const stop = new AbortController();
  const startedAt = performance.now();
  const reading =
    who === "follow"
      ? follow(proxy.url, start, latenessMs, numbers, gaps, stop.signal)
      : walk(proxy.url, start, numbers, stop.signal);
  const last = await emitAll(emulator, fault, start, count, numbers, who === "follow");
  const deadline = performance.now() + (who === "follow" ? 30_000 : 4_000);
  while (numbers.at(-1) !== last && performance.now() < deadline) {
    await wait(20);
  }
  // Repeated or late envelopes would arrive now.
  await wait(2 * latenessMs);
  const seconds = (performance.now() - startedAt) / 1000;
  stop.abort();
  await reading;
  const read = numbers.filter((number) => number !== last);
  const counts = compare(upTo(count).filter(stored), read);
  if (who === "follow") {
    expect(numbers.at(-1)).toBe(last);
    expect(counts.duplicated).toBe(0);
    expect(isOrdered(read)).toBe(true);
    if (fault.loses) {
      expect(gaps.length).toBeGreaterThan(0);
    } else {
      expect(counts.lost).toBe(0);
    }
  }
  const order = isOrdered(read) ? "" : "out of order, ";
  const gapsRemark = gaps.length > 0 ? `gaps reported: ${gaps.length}, ` : "";
  const rate = Math.round(proxy.requests / seconds);
  const perEnvelope = Math.round(proxy.bytes / count);
  const remark = `${order}${gapsRemark}${rate} reads/s, ${perEnvelope} bytes per envelope`;
  return { ...counts, recoveredMs: [], remark };
}

/** Emits the numbers, and then one that marks the end, which it returns. */
async function emitAll(
  emulator: Emulator,
  fault: Fault,
  start: bigint,
  count: number,
  numbers: readonly number[],
  isPaced: boolean,
): Promise<number> {
  const { timestamp = (number, from) => from + BigInt(number) * 1_000n } = fault;
  const emit = (number: number, time: bigint) =>
    emulator.emit(logEnvelope(String(number), { sourceId: source, timestamp: time }));
  fault.begin?.(emulator);
  for (let number = 0; number < count; number++) {
    emit(number, timestamp(number, start));
    if (number % batch === 0) {
      await fault.inTheMiddle?.(emulator, number);
      await new Promise(setImmediate);
    }
    while (isPaced && !fault.loses && number - numbers.length > maxAhead) {
      await wait(5);
    }
  }
  await wait(2 * (fault.latenessMs ?? 200));
  emit(count, timestamp(count, start) + 1_000_000n);
  return count;
}

async function follow(
  url: string,
  from: bigint,
  latenessMs: number,
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

const faults: Readonly<Record<string, Fault>> = {
  "log-cache: nothing happens": {},
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
  "log-cache: it restarts without its data": {
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

test(
  "log-cache: 1,000,000 envelopes, late, with equal timestamps and restarts of the gateway",
  () =>
    runFault("log-cache: 1,000,000 envelopes with all of this", {
      count: 1_000_000,
      withGo: false,
      // Three of ten have the timestamp of the one before.
      timestamp: (number, start) =>
        start + BigInt(number - ((number % 10) % 4 === 3 ? 1 : 0)) * 10_000n,
      begin: (emulator) => {
        emulator.faults.logCache.delayArrivals(({ timestamp }) => (timestamp % 7n === 0n ? 30 : 0));
        emulator.faults.logCache.limitResponses(60_000);
        emulator.faults.logCache.skewClock(hourMs);
      },
      inTheMiddle: async (emulator, emitted) => {
        if (emitted > 0 && emitted % 250_000 === 0) {
          emulator.faults.logCache.gateway.stop();
          await wait(50);
          emulator.faults.logCache.gateway.start();
        }
      },
    }),
  300_000,
);

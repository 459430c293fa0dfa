import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { DiodeCorruptedError, SharedManyToOne, SharedOneToOne, Waiter } from "../index.js";

interface Account {
  delivered: number;
  dropped: number;
  /** Per writer: the index after the last delivered. */
  last: number[];
  problems: string[];
}

const workers: Worker[] = [];

function start(file: string, workerData: Record<string, unknown>): Worker {
  const worker = new Worker(new URL(`../../testing/${file}`, import.meta.url), { workerData });
  workers.push(worker);
  return worker;
}

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

/** Runs writers that write `count` messages each, and returns the reader's result. */
async function run(
  size: number,
  { writers, count, longer = 1 }: { writers: number; count: number; longer?: number },
): Promise<Account> {
  const diode = new SharedManyToOne(size);
  const { buffer } = diode;
  const reader = start("reader.mjs", { buffer, writers, longer });
  const account = once(reader, "message");
  await Promise.all(
    Array.from({ length: writers }, (_, writer) =>
      once(start("writer.mjs", { buffer, writer, count, longer }), "exit"),
    ),
  );
  reader.postMessage("stop");
  const [result] = await account;
  // All memory was released: there is room for a message that needs all of it.
  const whole = new Uint8Array(size).fill(1);
  diode.set(whole);
  expect(Buffer.compare(diode.tryNext() ?? new Uint8Array(), whole)).toBe(0);
  return result as Account;
}

describe("between threads", () => {
  test("4 writers, 1 reader, 10 million messages: each delivered whole and in its writer's order, or counted as dropped", {
    timeout: 120_000,
  }, async () => {
    const account = await run(1 << 20, { writers: 4, count: 2_500_000 });
    expect(account.problems).toEqual([]);
    expect(account.delivered + account.dropped).toBe(10_000_000);
    expect(account.delivered).toBeGreaterThan(100_000);
  });

  test.each([
    { size: 300, count: 100_000, longer: 1 },
    { size: 4300, count: 50_000, longer: 20 },
    { size: 50_000, count: 50_000, longer: 20 },
  ])("the same with a capacity of only $size bytes", async ({ size, count, longer }) => {
    const account = await run(size, { writers: 4, count, longer });
    expect(account.problems).toEqual([]);
    expect(account.delivered + account.dropped).toBe(4 * count);
    expect(account.delivered).toBeGreaterThan(0);
  });

  test("the same with 1 writer", async () => {
    const account = await run(1 << 16, { writers: 1, count: 500_000 });
    expect(account.problems).toEqual([]);
    expect(account.delivered + account.dropped).toBe(500_000);
  });

  test("drops nothing while there is room", async () => {
    const account = await run(1 << 24, { writers: 4, count: 10_000 });
    expect(account).toEqual({
      delivered: 40_000,
      dropped: 0,
      last: [10_000, 10_000, 10_000, 10_000],
      problems: [],
    });
  });

  test("writers that are terminated in the middle block no thread and corrupt nothing", async () => {
    const diode = new SharedManyToOne(400_000);
    const { buffer } = diode;
    const reader = start("reader.mjs", { buffer, writers: 23, longer: 20 });
    const account = once(reader, "message");
    for (let pair = 0; pair < 20; pair += 2) {
      const doomed = [pair, pair + 1].map((writer) =>
        start("writer.mjs", { buffer, writer, count: Number.POSITIVE_INFINITY, longer: 20 }),
      );
      await Promise.all(doomed.map((worker) => once(worker, "message")));
      await messagesIn(buffer, 5000);
      await Promise.all(doomed.map((worker) => worker.terminate()));
    }
    await Promise.all(
      [20, 21, 22].map((writer) =>
        once(start("writer.mjs", { buffer, writer, count: 10_000, longer: 20 }), "exit"),
      ),
    );
    reader.postMessage("stop");
    const { delivered, last, problems } = (await account)[0] as Account;
    expect(problems).toEqual([]);
    expect(delivered).toBeGreaterThan(0);
    // The last message cannot be overwritten: that of one surviving writer was delivered.
    expect(Math.max(...last.slice(20))).toBe(10_000);
  });

  test("a reader that waits in its own thread keeps it running, and wakes for each message", async () => {
    const there = new SharedOneToOne(1000);
    const back = new SharedOneToOne(1000);
    start("echo.mjs", { there: there.buffer, back: back.buffer });
    const answers = new Waiter(back);
    for (let value = 0; value < 50; value++) {
      there.set(Uint8Array.of(value));
      expect(await answers.next()).toEqual(Uint8Array.of(value));
    }
  });
});

/**
 * Waits until this many more messages were set: the diode counts them at byte 192, see
 * sharedLayout.ts.
 */
async function messagesIn(buffer: SharedArrayBuffer, count: number): Promise<void> {
  const tail = new BigInt64Array(buffer, 192, 1);
  const until = Atomics.load(tail, 0) + BigInt(count);
  while (Atomics.load(tail, 0) < until) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test.each([
  ["SharedOneToOne", SharedOneToOne],
  ["SharedManyToOne", SharedManyToOne],
])(
  "%s survives a thread that writes random bytes into its memory: values or typed errors",
  async (_, Diode) => {
    const size = 4096;
    let calls = 0;
    for (let seed = 1; seed <= 5; seed++) {
      let diode = new Diode(size);
      const { buffer } = diode;
      const vandal = start("vandal.mjs", { buffer, seed, headerBytes: 512 });
      await once(vandal, "message");
      const end = performance.now() + 200;
      while (performance.now() < end) {
        for (const act of [
          () => diode.set(new Uint8Array(calls % size)),
          () => expect(diode.tryNext()?.length ?? 0).toBeLessThan(2 * size),
          // Without the magic number, the memory is not recognized as a diode's.
          () => {
            if (calls % 100 === 0) {
              diode = new Diode(buffer);
            }
          },
        ]) {
          try {
            calls++;
            act();
          } catch (error) {
            if (!(error instanceof DiodeCorruptedError)) {
              expect(error).toBeInstanceOf(TypeError);
            }
          }
        }
        await new Promise(setImmediate);
      }
      await vandal.terminate();
    }
    expect(calls).toBeGreaterThan(100);
  },
);

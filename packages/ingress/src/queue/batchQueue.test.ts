import { getEventListeners } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { add, numbersIn, queueWith } from "../../testing/queueWith.js";
import type { Batch } from "./batch.js";
import { BufferPool } from "./bufferPool.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const none = new AbortController().signal;

test("a batch is due when it is full, or when the flush interval has passed", async () => {
  const { queue, writer } = queueWith({ batchMaxSize: 2 });
  add(writer, 0);
  add(writer, 1);
  expect(await queue.whenDue(none)).toBe(true);
  expect(numbersIn(queue.take())).toEqual([0, 1]);
  add(writer, 2);
  let due = false;
  const waiting = queue.whenDue(none).then(() => {
    due = true;
  });
  await vi.advanceTimersByTimeAsync(99);
  expect(due).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(numbersIn(queue.take())).toEqual([2]);
});

test("the flush interval begins with the first envelope of each batch", () => {
  const { queue, writer } = queueWith({ batchMaxSize: 2 });
  add(writer, 0);
  vi.advanceTimersByTime(99);
  add(writer, 1);
  expect(queue.due).toBe(2);
  add(writer, 2);
  vi.advanceTimersByTime(99);
  expect(queue.due).toBe(2);
  vi.advanceTimersByTime(1);
  expect(queue.due).toBe(3);
  // Also after a time without envelopes.
  vi.advanceTimersByTime(1_000);
  add(writer, 3);
  vi.advanceTimersByTime(99);
  expect(queue.due).toBe(3);
  vi.advanceTimersByTime(1);
  expect(queue.due).toBe(4);
});

test("a closed writer has pushed everything, and has no timer", () => {
  const { queue, writer } = queueWith({ batchMaxSize: 2 });
  for (let number = 0; number < 3; number++) {
    add(writer, number);
  }
  expect(vi.getTimerCount()).toBe(1);
  writer.close();
  expect(queue.due).toBe(3);
  expect(vi.getTimerCount()).toBe(0);
});

test("a batch of 256 KiB is due immediately, even with few envelopes", () => {
  const { queue, writer } = queueWith({ maxBatchBytes: 1_000_000, maxEnvelopeBytes: 1_000_000 });
  add(writer, 0, 200_000);
  expect(queue.due).toBe(0);
  add(writer, 1, 100_000);
  expect(queue.due).toBe(2);
  add(writer, 2, 500_000);
  expect(queue.due).toBe(3);
});

test("memory of sent batches is reused: small buffers for batches, large ones for groups", () => {
  const pool = new BufferPool();
  const small = new Uint8Array(10_000);
  const large = new Uint8Array(1_000_000);
  pool.release(small.subarray(10, 20));
  pool.release(large.subarray(10, 20));
  expect(pool.acquire(20_000)).toBeUndefined();
  pool.release(small);
  expect(pool.acquire(5_000)?.buffer).toBe(small.buffer);
  expect(pool.acquire(5_000)).toBeUndefined();
  expect(pool.acquire(900_000)?.buffer).toBe(large.buffer);
  expect(pool.acquire(900_000)).toBeUndefined();
});

test("waits end when the signal aborts, and leave no listener behind", async () => {
  const { queue, writer } = queueWith();
  const abort = new AbortController();
  add(writer, 0);
  writer.seal();
  queue.take();
  const waits = [
    queue.whenDue(abort.signal),
    queue.whenFlushed(abort.signal),
    queue.whenClosed(abort.signal),
  ];
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(1);
  abort.abort();
  expect(await Promise.all(waits)).toEqual([false, false, false]);
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
  expect(await queue.whenDue(abort.signal)).toBe(false);
});

test("is flushed when everything was sent, dropped or rejected, but not when discarded", async () => {
  const { queue, writer } = queueWith({ maxQueueSize: 2, batchMaxSize: 1 });
  for (let i = 0; i < 3; i++) {
    add(writer, i);
  }
  const flushed = queue.whenFlushed(none);
  expect(numbersIn(queue.take())).toEqual([1]);
  queue.putBack();
  expect(numbersIn(queue.take())).toEqual([1]);
  queue.acknowledge();
  expect(numbersIn(queue.take())).toEqual([2]);
  queue.reject();
  expect(await flushed).toBe(true);
  add(writer, 3);
  const abort = new AbortController();
  const lost = queue.whenFlushed(abort.signal);
  queue.discard();
  abort.abort();
  expect(await lost).toBe(false);
});

test("a batch that could not be sent is split, and the rest follows", () => {
  const { queue, writer, pool } = queueWith();
  for (let i = 0; i < 10; i++) {
    add(writer, i);
  }
  writer.seal();
  for (let i = 10; i < 12; i++) {
    add(writer, i);
  }
  writer.seal();
  const batch = queue.takeGroup(10_000, 100, pool) as Batch;
  expect(numbersIn(batch)).toHaveLength(12);
  queue.putBackAllBut(3);
  expect(numbersIn(batch)).toEqual([0, 1, 2]);
  queue.acknowledge();
  expect(numbersIn(queue.takeGroup(10_000, 100, pool))).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(queue.sent + queue.queued).toBe(12);
});

test("an envelope that begins inside another is written completely, as is the outer one", () => {
  for (const batchMaxSize of [1, 2, 3, 100]) {
    const { queue, writer } = queueWith({ batchMaxSize });
    let begun = false;
    const outer = writer.begin();
    outer.log("  1", {
      timestamp: 1n,
      get sourceId() {
        if (begun) {
          return "outer";
        }
        begun = true;
        add(writer, 2);
        const failing = writer.begin();
        expect(() => failing.log(1 as never)).toThrow(TypeError);
        writer.end(failing);
        writer.seal();
        add(writer, 3, 1_000);
        return "outer";
      },
    });
    expect(writer.count).toBe(outer.count + 2);
    writer.end(outer);
    add(writer, 4);
    writer.seal();
    const numbers: number[] = [];
    for (let batch = queue.take(); batch !== undefined; batch = queue.take()) {
      numbers.push(...numbersIn(batch));
    }
    expect(numbers).toEqual([1, 2, 3, 4]);
  }
});

import { getEventListeners } from "node:events";
import { decodeEnvelopeBatch } from "@loggregator/api";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Batch } from "./batch.js";
import { BatchQueue, type BatchQueueOptions } from "./batchQueue.js";
import { BatchWriter, type BatchWriterOptions } from "./batchWriter.js";
import { BufferPool } from "./bufferPool.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const none = new AbortController().signal;

type Options = Omit<BatchQueueOptions & BatchWriterOptions, "tags" | "flushIntervalMs">;

/** A queue and the writer in front of it. */
interface Queue {
  readonly queue: BatchQueue;
  readonly writer: BatchWriter;
  readonly pool: BufferPool;
}

function queueWith(options: Partial<Options> = {}): Queue {
  const all = {
    tags: {},
    batchMaxSize: 100,
    flushIntervalMs: 100,
    maxQueueSize: 1_000,
    maxQueueBytes: 1_000_000,
    maxBatchBytes: 100_000,
    maxEnvelopeBytes: 100_000,
    onDropped: () => {},
    ...options,
  };
  const queue = new BatchQueue(all);
  const pool = new BufferPool();
  return { queue, writer: new BatchWriter(all, queue, pool), pool };
}

/** The size of the number with its padding as an envelope in a batch, in bytes. */
function sizeOf(padding: number): number {
  const { queue, writer } = queueWith({ maxBatchBytes: 1_000_000, maxEnvelopeBytes: 1_000_000 });
  add(writer, 0, padding);
  writer.seal();
  return queue.take()?.bytes.length ?? 0;
}

function add(batches: BatchWriter, number: number, padding = 0): void {
  const writer = batches.begin();
  writer.log(String(number).padStart(3).padEnd(padding), { timestamp: 1n });
  batches.end(writer);
}

function numbersIn(batch: Batch | undefined): number[] {
  if (batch === undefined) {
    return [];
  }
  const { batch: envelopes } = decodeEnvelopeBatch(batch.bytes);
  expect(envelopes).toHaveLength(batch.count);
  return envelopes.map(({ message }) =>
    message?.$case === "log" ? Number(Buffer.from(message.value.payload).toString()) : Number.NaN,
  );
}

/** A reference model of a queue and its writer. */
class Model {
  open: { number: number; size: number }[] = [];
  due: { number: number; size: number }[][] = [];
  taken: { number: number; size: number }[][] = [];
  sent = 0;
  dropped = 0;
  emitted = 0;
  closed = false;
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  get queued(): number {
    return [...this.due, ...this.taken, this.open].flat().length;
  }

  get #bytes(): number {
    return [...this.due, this.open].flat().reduce((sum, { size }) => sum + size, 0);
  }

  add(number: number, size: number): void {
    this.emitted++;
    const { batchMaxSize, maxBatchBytes, maxQueueSize, maxQueueBytes } = this.#options;
    if (this.closed || size > this.#options.maxEnvelopeBytes) {
      if (!this.closed) {
        this.seal();
      }
      this.dropped++;
      return;
    }
    const openBytes = this.open.reduce((sum, { size }) => sum + size, 0);
    const split = openBytes + size > maxBatchBytes;
    if (split) {
      this.seal();
    }
    this.open.push({ number, size });
    if (split || this.open.length >= batchMaxSize) {
      this.seal();
    }
    while (this.queued > maxQueueSize || this.#bytes > maxQueueBytes) {
      if (this.due.length === 0) {
        this.seal();
      }
      if (this.due.length === 0) {
        break;
      }
      this.due[0]?.shift();
      this.dropped++;
      if (this.due[0]?.length === 0) {
        this.due.shift();
      }
    }
  }

  seal(): void {
    if (this.open.length > 0) {
      this.due.push(this.open);
    }
    this.open = [];
  }

  take(): number[] {
    const batch = this.due.shift();
    if (batch !== undefined) {
      this.taken.push(batch);
    }
    return (batch ?? []).map(({ number }) => number);
  }

  acknowledge(): void {
    this.sent += this.taken.shift()?.length ?? 0;
  }

  takeGroup(maxBytes: number, maxCount: number): number[] {
    const group: { number: number; size: number }[] = [];
    const sizeOf = (envelopes: typeof group) => envelopes.reduce((sum, { size }) => sum + size, 0);
    const [first = []] = this.due;
    if (first.length > maxCount) {
      this.due.splice(0, 1, first.slice(0, maxCount), first.slice(maxCount));
    }
    while (this.due[0] !== undefined) {
      const next = this.due[0];
      const fits =
        sizeOf(group) + sizeOf(next) <= maxBytes && group.length + next.length <= maxCount;
      if (group.length > 0 && !fits) {
        break;
      }
      group.push(...(this.due.shift() ?? []));
    }
    if (group.length > 0) {
      this.taken.push(group);
    }
    return group.map(({ number }) => number);
  }

  putBack(): void {
    this.due.unshift(...this.taken);
    this.taken = [];
  }

  reject(): void {
    this.dropped += this.taken.shift()?.length ?? 0;
  }

  close(): void {
    this.seal();
    this.closed = true;
  }

  discard(): void {
    this.close();
    this.dropped += [...this.due, ...this.taken].flat().length;
    this.due = [];
    this.taken = [];
  }
}

const operation = fc.oneof(
  { weight: 12, arbitrary: fc.record({ add: fc.nat({ max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ add: fc.nat({ max: 400 }) }) },
  {
    weight: 6,
    arbitrary: fc.constantFrom("take", "acknowledge", "seal", "flush interval"),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      maxBytes: fc.nat({ max: 600 }),
      maxCount: fc.integer({ min: 1, max: 20 }),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom("putBack", "reject") },
  { weight: 1, arbitrary: fc.constantFrom("close", "discard") },
);

test("matches a reference model under random operations, and sent + dropped + queued adds up", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        batchMaxSize: fc.integer({ min: 1, max: 8 }),
        maxQueueSize: fc.integer({ min: 1, max: 20 }),
        maxQueueBytes: fc.integer({ min: 1, max: 2_000 }),
        maxBatchBytes: fc.integer({ min: 30, max: 400 }),
      }),
      fc.integer({ min: 1, max: 400 }),
      fc.array(operation, { maxLength: 200 }),
      async (bounds, maxEnvelopeBytes, operations) => {
        let reported = 0;
        const options = {
          ...bounds,
          maxEnvelopeBytes: Math.min(maxEnvelopeBytes, bounds.maxBatchBytes),
          onDropped: (count: number) => {
            reported += count;
          },
        };
        const { queue, writer, pool } = queueWith(options);
        const model = new Model(options);
        let taken: Batch[] = [];
        for (const [number, step] of operations.entries()) {
          if (typeof step === "object" && "add" in step) {
            model.add(number, sizeOf(step.add));
            if (queue.closed) {
              queue.refuse();
            } else {
              add(writer, number, step.add);
            }
          } else if (typeof step === "object") {
            if (taken.length > 0) {
              continue;
            }
            const group = queue.takeGroup(step.maxBytes, step.maxCount, pool);
            if (group !== undefined) {
              taken.push(group);
            }
            expect(numbersIn(group)).toEqual(model.takeGroup(step.maxBytes, step.maxCount));
          } else if (step === "take") {
            const batch = queue.take();
            if (batch !== undefined) {
              taken.push(batch);
            }
            expect(numbersIn(batch)).toEqual(model.take());
          } else if (step === "acknowledge") {
            const batch = taken.shift();
            queue.acknowledge();
            if (batch !== undefined) {
              // Nobody may use this memory any more, whatever else it holds.
              new Uint8Array(batch.bytes.buffer).fill(0xff);
              pool.release(batch.bytes);
            }
            model.acknowledge();
          } else if (step === "reject") {
            taken.shift();
            queue.reject();
            model.reject();
          } else if (step === "flush interval") {
            vi.advanceTimersByTime(100);
            model.seal();
          } else {
            if (step === "seal") {
              writer.seal();
            }
            if (step === "putBack") {
              queue.putBack();
            }
            if (step === "close" || step === "discard") {
              writer.seal();
              queue[step]();
            }
            if (step === "putBack" || step === "discard") {
              taken = [];
            }
            model[step]();
          }
          const { sent, dropped, queued, closed } = queue;
          expect({ sent, dropped, queued: queued + writer.count, closed }).toEqual({
            sent: model.sent,
            dropped: model.dropped,
            queued: model.queued,
            closed: model.closed,
          });
          expect(model.sent + model.dropped + model.queued).toBe(model.emitted);
          expect(model.queued).toBeLessThanOrEqual(bounds.maxQueueSize);
          expect(queue.finished).toBe(closed && queued === 0);
        }
        writer.seal();
        queue.discard();
        expect(queue.queued).toBe(0);
        expect(vi.getTimerCount()).toBe(0);
        await Promise.resolve();
        expect(reported).toBe(queue.dropped);
      },
    ),
    { numRuns: 300 },
  );
});

test("a batch is due when it is full, or when the flush interval is over", async () => {
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

test("a batch of 256 KiB is due at once, however few envelopes it has", () => {
  const { queue, writer } = queueWith({ maxBatchBytes: 1_000_000, maxEnvelopeBytes: 1_000_000 });
  add(writer, 0, 200_000);
  expect(queue.due).toBe(0);
  add(writer, 1, 100_000);
  expect(queue.due).toBe(2);
  add(writer, 2, 500_000);
  expect(queue.due).toBe(3);
});

test("memory of sent batches is used again, small for batches and large for groups", () => {
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

test("is flushed when all was sent, dropped to make room or rejected, but not when discarded", async () => {
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

test("a batch that could not be sent is cut to a smaller one, and the rest follows it", () => {
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

test("an envelope that begins inside another is written completely, and so is the outer one", () => {
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

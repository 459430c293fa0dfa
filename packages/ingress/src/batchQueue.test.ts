import { decodeEnvelopeBatch } from "@loggregator/api";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Batch, BatchQueue, type BatchQueueOptions } from "./batchQueue.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const none = new AbortController().signal;

function queueWith(options: Partial<BatchQueueOptions> = {}): BatchQueue {
  return new BatchQueue({
    tags: {},
    batchMaxSize: 100,
    flushIntervalMs: 100,
    maxQueueSize: 1_000,
    maxQueueBytes: 1_000_000,
    maxBatchBytes: 100_000,
    onDropped: () => {},
    ...options,
  });
}

/** How many bytes the number takes with its padding, as an envelope in a batch. */
function sizeOf(padding: number): number {
  const queue = queueWith({ maxBatchBytes: 1_000_000 });
  add(queue, 0, padding);
  queue.seal();
  return queue.take()?.bytes.length ?? 0;
}

function add(queue: BatchQueue, number: number, padding = 0): void {
  queue.writer.log(String(number).padStart(3).padEnd(padding), { timestamp: 1n });
  queue.added();
}

function numbersIn(batch: Batch | undefined): number[] {
  if (batch === undefined) return [];
  const { batch: envelopes } = decodeEnvelopeBatch(batch.bytes);
  expect(envelopes).toHaveLength(batch.count);
  return envelopes.map(({ message }) =>
    message?.$case === "log" ? Number(Buffer.from(message.value.payload).toString()) : Number.NaN,
  );
}

/** What a queue is to do, told in arrays of numbers. */
class Model {
  open: { number: number; size: number }[] = [];
  due: { number: number; size: number }[][] = [];
  taken: { number: number; size: number }[][] = [];
  sent = 0;
  dropped = 0;
  emitted = 0;
  closed = false;
  readonly #options: BatchQueueOptions;

  constructor(options: BatchQueueOptions) {
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
    if (this.closed || size > maxBatchBytes) {
      if (!this.closed) this.seal();
      this.dropped++;
      return;
    }
    const openBytes = this.open.reduce((sum, { size }) => sum + size, 0);
    const split = openBytes + size > maxBatchBytes;
    if (split) this.seal();
    this.open.push({ number, size });
    if (split || this.open.length >= batchMaxSize) this.seal();
    while (this.queued > maxQueueSize || this.#bytes > maxQueueBytes) {
      if (this.due.length === 0) this.seal();
      if (this.due.length === 0) break;
      this.due[0]?.shift();
      this.dropped++;
      if (this.due[0]?.length === 0) this.due.shift();
    }
  }

  seal(): void {
    if (this.open.length > 0) this.due.push(this.open);
    this.open = [];
  }

  take(): number[] {
    if (this.due.length === 0) this.seal();
    const batch = this.due.shift();
    if (batch !== undefined) this.taken.push(batch);
    return (batch ?? []).map(({ number }) => number);
  }

  acknowledge(): void {
    this.sent += this.taken.shift()?.length ?? 0;
  }

  putBack(): void {
    const batch = this.taken.shift();
    if (batch !== undefined) this.due.unshift(batch);
  }

  close(): void {
    this.seal();
    this.closed = true;
  }

  discard(): void {
    this.close();
    this.dropped += this.due.flat().length;
    this.due = [];
  }
}

const operation = fc.oneof(
  { weight: 12, arbitrary: fc.record({ add: fc.nat({ max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ add: fc.nat({ max: 400 }) }) },
  {
    weight: 6,
    arbitrary: fc.constantFrom("take", "acknowledge", "putBack", "seal", "flush interval"),
  },
  { weight: 1, arbitrary: fc.constantFrom("close", "discard") },
);

test("whatever is done to it, a queue does as its model, and loses count of nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        batchMaxSize: fc.integer({ min: 1, max: 8 }),
        maxQueueSize: fc.integer({ min: 1, max: 20 }),
        maxQueueBytes: fc.integer({ min: 1, max: 2_000 }),
        maxBatchBytes: fc.integer({ min: 30, max: 400 }),
      }),
      fc.array(operation, { maxLength: 200 }),
      async (bounds, operations) => {
        let told = 0;
        const options = {
          tags: {},
          flushIntervalMs: 100,
          ...bounds,
          onDropped: (count: number) => {
            told += count;
          },
        };
        const queue = new BatchQueue(options);
        const model = new Model(options);
        const taken: Batch[] = [];
        for (const [number, step] of operations.entries()) {
          if (typeof step === "object") {
            model.add(number, sizeOf(step.add));
            if (queue.closed) queue.refuse();
            else add(queue, number, step.add);
          } else if (step === "take" && taken.length === 0) {
            const batch = queue.take();
            if (batch !== undefined) taken.push(batch);
            expect(numbersIn(batch)).toEqual(model.take());
          } else if (step === "acknowledge" || step === "putBack") {
            const batch = taken.shift();
            if (batch !== undefined) queue[step](batch);
            if (batch !== undefined && step === "acknowledge") {
              // Whatever else may be in that memory, nobody needs it.
              new Uint8Array(batch.bytes.buffer).fill(0xff);
              queue.recycle(batch);
            }
            model[step]();
          } else if (step === "seal" || step === "close" || step === "discard") {
            queue[step]();
            model[step]();
          } else if (step === "flush interval") {
            vi.advanceTimersByTime(100);
            model.seal();
          }
          const { sent, dropped, queued, closed } = queue;
          expect({ sent, dropped, queued, closed }).toEqual({
            sent: model.sent,
            dropped: model.dropped,
            queued: model.queued,
            closed: model.closed,
          });
          expect(sent + dropped + queued).toBe(model.emitted);
          expect(queued).toBeLessThanOrEqual(bounds.maxQueueSize);
          expect(queue.finished).toBe(closed && queued === 0);
        }
        for (const batch of taken) queue.putBack(batch);
        queue.discard();
        expect(queue.queued).toBe(0);
        expect(vi.getTimerCount()).toBe(0);
        await Promise.resolve();
        expect(told).toBe(queue.dropped);
      },
    ),
    { numRuns: 300 },
  );
});

test("a batch is due when it is full, or the flush interval is over", async () => {
  const queue = queueWith({ batchMaxSize: 2 });
  add(queue, 0);
  add(queue, 1);
  expect(await queue.untilDue(none)).toBe(true);
  expect(numbersIn(queue.take())).toEqual([0, 1]);
  add(queue, 2);
  let due = false;
  const waiting = queue.untilDue(none).then(() => {
    due = true;
  });
  await vi.advanceTimersByTimeAsync(99);
  expect(due).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(numbersIn(queue.take())).toEqual([2]);
});

test("waits end when the signal aborts, and leave nothing behind", async () => {
  const queue = queueWith();
  const abort = new AbortController();
  add(queue, 0);
  const waits = [
    queue.untilDue(abort.signal),
    queue.untilTaken(0, abort.signal),
    queue.untilLeft(abort.signal),
    queue.untilClosed(abort.signal),
  ];
  abort.abort();
  expect(await Promise.all(waits)).toEqual([false, false, false, false]);
  expect(await queue.untilDue(abort.signal)).toBe(false);
});

test("all has left when it was sent, or dropped to make room, but not when it was discarded", async () => {
  const queue = queueWith({ maxQueueSize: 2 });
  for (let i = 0; i < 3; i++) add(queue, i);
  const left = queue.untilLeft(none);
  const batch = queue.take() as Batch;
  expect(numbersIn(batch)).toEqual([1, 2]);
  queue.putBack(batch);
  queue.acknowledge(queue.take() as Batch);
  expect(await left).toBe(true);
  add(queue, 3);
  const abort = new AbortController();
  const lost = queue.untilLeft(abort.signal);
  queue.discard();
  abort.abort();
  expect(await lost).toBe(false);
});

test("what was due may be dropped before it is taken: then what is not due yet is taken", () => {
  const queue = queueWith({ maxQueueSize: 1 });
  add(queue, 0);
  queue.seal();
  add(queue, 1);
  expect(numbersIn(queue.take())).toEqual([1]);
  expect(queue.take()).toBeUndefined();
});

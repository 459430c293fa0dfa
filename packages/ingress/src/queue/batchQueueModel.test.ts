import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { add, numbersIn, type Options, queueWith } from "../../testing/queueWith.js";
import type { Batch } from "./batch.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Returns the size in bytes of the envelope of a number with this padding. */
function sizeOf(padding: number): number {
  const { queue, writer } = queueWith({ maxBatchBytes: 1_000_000, maxEnvelopeBytes: 1_000_000 });
  add(writer, 0, padding);
  writer.close();
  return queue.take()?.bytes.length ?? 0;
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
              // Overwritten, because released memory must not be used any more.
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
        writer.close();
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

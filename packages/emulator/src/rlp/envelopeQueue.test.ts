import fc from "fast-check";
import { expect, test } from "vitest";
import { type EncodedEnvelope, memoryOf } from "../wire/encodedEnvelope.js";
import { BufferBudget } from "./bufferBudget.js";
import { EnvelopeQueue } from "./envelopeQueue.js";

const never = new AbortController().signal;
const large = () => new BufferBudget(2 ** 40);

function envelope(bytes = 10): EncodedEnvelope {
  return { bytes: new Uint8Array(bytes), hasTags: false, hasDeprecatedTags: false };
}

function push(queue: EnvelopeQueue, count: number): void {
  for (let i = 0; i < count; i += 1) {
    queue.push(envelope());
  }
}

test("behaves as a list that drops new envelopes while it is full", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(100)),
      fc.array(fc.oneof(fc.constant("push" as const), fc.integer({ min: 0, max: 5 })), {
        maxLength: 300,
        size: "max",
      }),
      (capacity, operations) => {
        const model: EncodedEnvelope[] = [];
        const queue = new EnvelopeQueue(capacity, large());
        for (const operation of operations) {
          if (operation === "push") {
            const pushed = envelope();
            const fits = model.length < capacity;
            if (fits) {
              model.push(pushed);
            }
            expect(queue.push(pushed)).toBe(fits);
          } else {
            expect(queue.take(operation)).toEqual(model.splice(0, operation));
          }
          expect(queue.length).toBe(model.length);
        }
        expect(queue.clear()).toBe(model.length);
        expect(queue.take(1)).toEqual([]);
      },
    ),
  );
});

test("is bounded in bytes, and accepts envelopes again once there is room", () => {
  const queue = new EnvelopeQueue(1000, new BufferBudget(10 * memoryOf(envelope(1000))));
  let count = 0;
  while (queue.push(envelope(1000))) {
    count += 1;
  }
  // It takes most of the budget, but not all of it.
  expect(count).toBeGreaterThan(6);
  expect(count).toBeLessThan(10);
  queue.take(1);
  expect(queue.push(envelope(1000))).toBe(true);
  expect(queue.push(envelope(1000))).toBe(false);
});

test("full queues leave room for others, and release theirs when they are cleared", () => {
  const budget = new BufferBudget(1_000_000);
  const stuck = Array.from({ length: 100 }, () => new EnvelopeQueue(100_000, budget));
  for (let round = 0; round < 1000; round += 1) {
    for (const queue of stuck) {
      queue.push(envelope(40));
    }
  }
  const fast = new EnvelopeQueue(100_000, budget);
  expect(fast.push(envelope(40))).toBe(true);
  for (const queue of stuck) {
    queue.clear();
  }
  let count = 0;
  while (fast.push(envelope(40))) {
    count += 1;
  }
  expect(count).toBeGreaterThan(4000);
});

test("waiting ends when the requested number is buffered", async () => {
  const queue = new EnvelopeQueue(10, large());
  let ended = false;
  const waiting = queue.wait(3, never).then(() => {
    ended = true;
  });
  push(queue, 2);
  await Promise.resolve();
  expect(ended).toBe(false);
  push(queue, 1);
  await waiting;
  await queue.wait(3, never);
});

test("waiting for more than fit ends when it is full", async () => {
  const queue = new EnvelopeQueue(10, large());
  const waiting = queue.wait(100, never);
  push(queue, 10);
  await waiting;
});

test("waiting ends after the given time", async () => {
  const queue = new EnvelopeQueue(10, large());
  push(queue, 1);
  await queue.wait(3, never, 1);
  expect(queue.length).toBe(1);
});

test("waiting ends when the signal aborts, or has aborted", async () => {
  const queue = new EnvelopeQueue(10, large());
  const controller = new AbortController();
  const waiting = queue.wait(1, controller.signal);
  controller.abort();
  await waiting;
  await queue.wait(1, controller.signal);
});

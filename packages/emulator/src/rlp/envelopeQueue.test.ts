import { type Envelope, logEnvelope } from "@loggregator/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EnvelopeQueue } from "./envelopeQueue.js";

const envelopes = Array.from({ length: 300 }, () => logEnvelope("hello")) as Envelope[];
const never = new AbortController().signal;

function push(queue: EnvelopeQueue, count: number): void {
  for (const envelope of envelopes.slice(0, count)) {
    queue.push(envelope);
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
        let dropped = 0;
        let expectedDropped = 0;
        let next = 0;
        const model: Envelope[] = [];
        const queue = new EnvelopeQueue(capacity, () => {
          dropped += 1;
        });
        for (const operation of operations) {
          if (operation === "push") {
            const envelope = { ...logEnvelope("hello"), timestamp: BigInt(next) };
            next += 1;
            if (model.length === capacity) expectedDropped += 1;
            else model.push(envelope);
            queue.push(envelope);
          } else {
            expect(queue.take(operation)).toEqual(model.splice(0, operation));
          }
          expect(queue.length).toBe(model.length);
          expect(dropped).toBe(expectedDropped);
        }
      },
    ),
  );
});

test("waiting ends when as many wait as asked for", async () => {
  const queue = new EnvelopeQueue(10, () => {});
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
  const queue = new EnvelopeQueue(10, () => {});
  const waiting = queue.wait(100, never);
  push(queue, 10);
  await waiting;
});

test("waiting ends after the time given", async () => {
  const queue = new EnvelopeQueue(10, () => {});
  push(queue, 1);
  await queue.wait(3, never, 1);
  expect(queue.length).toBe(1);
});

test("waiting ends when the signal aborts, or has aborted", async () => {
  const queue = new EnvelopeQueue(10, () => {});
  const controller = new AbortController();
  const waiting = queue.wait(1, controller.signal);
  controller.abort();
  await waiting;
  await queue.wait(1, controller.signal);
});

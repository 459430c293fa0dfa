import { expect, test } from "vitest";
import { SizedQueue } from "./sizedQueue.js";

test("values are removed in order, and the total size is updated", () => {
  const queue = new SizedQueue<string>();
  queue.push("a", 3);
  queue.push("b", 4);
  expect([queue.length, queue.bytes, queue.firstBytes]).toEqual([2, 7, 3]);
  expect(queue.shift()).toBe("a");
  queue.push("c", 5);
  expect([queue.length, queue.bytes, queue.firstBytes]).toEqual([2, 9, 4]);
  expect([queue.shift(), queue.shift(), queue.shift()]).toEqual(["b", "c", undefined]);
  expect([queue.length, queue.bytes, queue.firstBytes]).toEqual([0, 0, 0]);
});

test("a long queue keeps its order while its empty places are released", () => {
  const queue = new SizedQueue<number>();
  const taken: (number | undefined)[] = [];
  for (let value = 0; value < 10_000; value++) {
    queue.push(value, 1);
    if (value % 3 !== 0) {
      taken.push(queue.shift());
    }
  }
  while (queue.length > 0) {
    taken.push(queue.shift());
  }
  expect(taken).toEqual(Array.from({ length: 10_000 }, (_, value) => value));
  expect(queue.bytes).toBe(0);
});

test("clear() removes everything and returns the number", () => {
  const queue = new SizedQueue<string>();
  queue.push("a", 1);
  queue.push("b", 1);
  queue.shift();
  expect(queue.clear()).toBe(1);
  expect([queue.length, queue.bytes, queue.shift()]).toEqual([0, 0, undefined]);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DatagramQueue } from "./datagramQueue.js";

describe("DatagramQueue", () => {
  test("drops the oldest when there are too many", () => {
    const queue = new DatagramQueue(2, 100);
    expect([1, 2, 3].map((n) => queue.push(Uint8Array.of(n)))).toEqual([0, 0, 1]);
    expect(rest(queue)).toEqual([2, 3]);
  });

  test("drops the oldest when there are too many bytes", () => {
    const queue = new DatagramQueue(100, 10);
    queue.push(new Uint8Array(4).fill(1));
    queue.push(new Uint8Array(4).fill(2));
    expect(queue.push(new Uint8Array(9).fill(3))).toBe(2);
    expect(rest(queue)).toEqual([3]);
  });

  test("matches a plain list under random operations", () => {
    const operations = fc.array(fc.constantFrom("push", "shift", "putBack", "clear"), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(operations, (operations) => {
        const queue = new DatagramQueue(20, 1000);
        const list: number[] = [];
        const taken: Uint8Array[] = [];
        operations.forEach((operation, i) => {
          if (operation === "push") {
            queue.push(Uint8Array.of(i % 256));
            list.push(i % 256);
            if (list.length > 20) {
              list.shift();
            }
          } else if (operation === "shift") {
            const datagram = queue.shift();
            if (datagram !== undefined) {
              taken.push(datagram);
            }
            expect(datagram?.[0]).toBe(list.shift());
          } else if (operation === "putBack") {
            const datagram = taken.pop();
            if (datagram === undefined) {
              return;
            }
            queue.putBack(datagram);
            list.unshift(datagram[0] as number);
          } else if (i % 5 === 0) {
            expect(queue.clear()).toBe(list.length);
            list.length = 0;
          }
          expect(queue.size).toBe(list.length);
        });
        expect(rest(queue)).toEqual(list);
      }),
    );
  });

  test("takes up to the given number of the oldest", () => {
    const queue = new DatagramQueue(10, 10);
    for (const n of [1, 2, 3]) {
      queue.push(Uint8Array.of(n));
    }
    expect(queue.take(2)).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(queue.take(2)).toEqual([Uint8Array.of(3)]);
    expect(queue.take(2)).toEqual([]);
  });

  test("releases the slots of removed datagrams", () => {
    const queue = new DatagramQueue(10_000, 10_000);
    for (let i = 0; i < 5_000; i++) {
      queue.push(Uint8Array.of(i % 256));
    }
    let inOrder = 0;
    for (let i = 0; i < 100_000; i++) {
      if (queue.shift()?.[0] === (i % 5_000) % 256) {
        inOrder++;
      }
      queue.push(Uint8Array.of((i % 5_000) % 256));
    }
    expect(inOrder).toBe(100_000);
    expect(queue.size).toBe(5_000);
  });
});

function rest(queue: DatagramQueue): (number | undefined)[] {
  const numbers = [];
  while (queue.size > 0) {
    numbers.push(queue.shift()?.[0]);
  }
  return numbers;
}

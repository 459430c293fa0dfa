import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DiodeCorruptedError, SharedManyToOne, SharedOneToOne, Waiter } from "../index.js";

const headerBytes = 512;

/** A message of this length whose bytes depend on its number. */
function message(number: number, length: number): Uint8Array {
  return new Uint8Array(length).map((_, at) => number + at);
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each([
  ["SharedOneToOne", SharedOneToOne],
  ["SharedManyToOne", SharedManyToOne],
])("%s", (_name, Diode) => {
  test("returns messages of any length whole and in order, across the joined instances", () => {
    const reader = new Diode(100_000);
    const writer = new Diode(reader.buffer);
    const lengths = [0, 1, 127, 128, 129, 255, 256, 257, 4095, 4096, 4097, 50_000];
    for (const [number, length] of lengths.entries()) {
      writer.set(message(number, length));
    }
    for (const [number, length] of lengths.entries()) {
      expect(reader.tryNext()).toEqual(message(number, length));
    }
    expect(reader.tryNext()).toBeUndefined();
  });

  test("copies messages when they are set and read", () => {
    const diode = new Diode(1000);
    const written = Uint8Array.of(1, 2, 3);
    diode.set(written);
    written.fill(9);
    const first = diode.tryNext();
    expect(first).toEqual(Uint8Array.of(1, 2, 3));
    first?.fill(8);
    diode.set(Uint8Array.of(4));
    expect(diode.tryNext()).toEqual(Uint8Array.of(4));
    expect(first).toEqual(Uint8Array.of(8, 8, 8));
  });

  test("holds as many bytes as its size before it overwrites", () => {
    const dropped = vi.fn();
    const diode = new Diode(128 * 10, dropped);
    for (let number = 0; number < 10; number++) {
      diode.set(message(number, 128));
    }
    for (let number = 0; number < 10; number++) {
      expect(diode.tryNext()).toEqual(message(number, 128));
    }
    expect(dropped).not.toHaveBeenCalled();
  });

  test("overwrites the oldest messages, and no more than necessary", () => {
    const dropped: number[] = [];
    const diode = new Diode(128 * 10, (count) => dropped.push(count));
    let number = 0;
    for (; number < 100; number++) {
      diode.set(message(number, 128));
    }
    const first = diode.tryNext();
    const missed = dropped[0] ?? 0;
    expect(missed).toBeGreaterThan(0);
    expect(missed).toBeLessThanOrEqual(90);
    expect(first).toEqual(message(missed, 128));
    diode.set(message(number++, 128));
    for (let expected = missed + 1; expected < number; expected++) {
      expect(diode.tryNext()).toEqual(message(expected, 128));
    }
    expect(dropped).toEqual([missed]);
  });

  test("overwrites everything for a message of its whole size", () => {
    const dropped = vi.fn();
    const diode = new Diode(10_000, dropped);
    for (let number = 0; number < 200; number++) {
      diode.set(message(number, 60));
    }
    diode.set(message(7, 10_000));
    let last: Uint8Array | undefined;
    let returned = 0;
    for (let next = diode.tryNext(); next !== undefined; next = diode.tryNext()) {
      last = next;
      returned++;
    }
    expect(last).toEqual(message(7, 10_000));
    expect(returned + dropped.mock.calls.reduce((sum, [count]) => sum + count, 0)).toBe(201);
  });

  test("behaves as a queue that drops from its front, for any lengths and history", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constant(undefined)), {
          maxLength: 100,
        }),
        (size, steps) => {
          let dropped = 0;
          const diode = new Diode(size, (count) => {
            dropped += count;
          });
          const queue: Uint8Array[] = [];
          let taken = 0;
          const tryNext = () => {
            const next = diode.tryNext();
            expect(next).toEqual(queue[taken + dropped]);
            taken += next === undefined ? 0 : 1;
            return next;
          };
          for (const length of steps) {
            if (length === undefined) {
              tryNext();
            } else if (length <= size) {
              const next = message(queue.length, length);
              queue.push(next);
              diode.set(next);
            }
          }
          while (tryNext() !== undefined) {}
          expect(taken + dropped).toBe(queue.length);
        },
      ),
    );
  });

  test("continues the dropped count of the previous reader", () => {
    const writer = new Diode(1000);
    const set = (from: number, to: number) => {
      for (let number = from; number < to; number++) {
        writer.set(message(number, 100));
      }
    };
    let accounted = 0;
    for (let round = 0; round < 3; round++) {
      set(round * 100, (round + 1) * 100);
      const reader = new Diode(writer.buffer, (count) => {
        accounted += count;
      });
      while (reader.tryNext() !== undefined) {
        accounted++;
      }
      expect(accounted).toBe((round + 1) * 100);
    }
  });

  test("counts drops exactly beyond 32 bits", () => {
    const dropped = vi.fn();
    const diode = new Diode(128, dropped);
    const words = new BigInt64Array(diode.buffer);
    const far = 3n * 2n ** 32n;
    words[192 / 8] = far;
    words[256 / 8] = far;
    for (let at = 0n; at < 16n; at++) {
      words[headerBytes / 8 + Number(at)] = far + at;
    }
    diode.set(message(1, 1));
    expect(diode.tryNext()).toEqual(message(1, 1));
    expect(dropped).toHaveBeenCalledExactlyOnceWith(Number(far));
  });

  test("continues when its positions wrap around", () => {
    const dropped = vi.fn();
    const diode = new Diode(128, dropped);
    const words = new BigInt64Array(diode.buffer);
    const end = 2n ** 40n - 8n;
    for (const at of [192, 256, 384]) {
      words[at / 8] = end;
    }
    for (let at = 0n; at < 16n; at++) {
      words[headerBytes / 8 + Number(at)] = at < 8n ? (end + 8n + at) % 2n ** 40n : end + at - 8n;
    }
    for (let number = 0; number < 40; number++) {
      diode.set(message(number, 10));
      expect(diode.tryNext()).toEqual(message(number, 10));
    }
    expect(dropped).not.toHaveBeenCalled();
  });

  test("counts the messages that its reader has missed", () => {
    const dropped: number[] = [];
    const diode = new Diode(128, (count) => dropped.push(count));
    for (let number = 0; number < 100; number++) {
      diode.set(message(number, 100));
    }
    let returned = 0;
    while (diode.tryNext() !== undefined) {
      returned++;
    }
    expect(returned + diode.dropped).toBe(100);
    expect(dropped).toEqual([diode.dropped]);
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 29 + 1])("rejects the size %s", (size) => {
    expect(() => new Diode(size)).toThrow(RangeError);
  });

  test.each([undefined, null, "x", {}, new ArrayBuffer(4096)])(
    "rejects the buffer %s",
    (buffer) => {
      expect(() => new Diode(buffer as never)).toThrow(TypeError);
    },
  );

  test("rejects an onDropped that is not a function", () => {
    expect(() => new SharedManyToOne(128, {} as never)).toThrow(TypeError);
  });

  test("rejects shared memory that no diode created", () => {
    for (const size of [0, 1, 4, 8, 100, 4096]) {
      expect(() => new Diode(new SharedArrayBuffer(size))).toThrow(TypeError);
    }
  });

  test("rejects arguments that are not messages, and messages longer than its size", () => {
    const diode = new Diode(1000);
    expect(() => diode.set("text" as never)).toThrow(TypeError);
    expect(() => diode.set(new Uint8Array(1001))).toThrow(
      "message must be at most as long as the diode's size, 1000 bytes, got 1001 bytes",
    );
    diode.set(new Uint8Array(1000));
    expect(diode.tryNext()).toHaveLength(1000);
  });

  test("polls if the runtime has no Atomics.waitAsync", async () => {
    vi.stubGlobal("Atomics", Object.create(Atomics, { waitAsync: { value: undefined } }));
    const diode = new Diode(1000);
    const next = new Waiter(diode).next();
    diode.set(Uint8Array.of(1));
    expect(await next).toEqual(Uint8Array.of(1));
  });

  test("survives any bytes in its memory: returns bytes or nothing, or throws a typed error, in time", () => {
    const anywhere = fc.record({
      at: fc.oneof(fc.nat(headerBytes - 1), fc.nat(4000), fc.nat(20_000)),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.uint8Array({ minLength: 1, maxLength: 8, max: 3 }),
      ),
    });
    const step = fc.oneof(anywhere, fc.nat(9000), fc.constant(undefined));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const diode = new Diode(9000);
        const memory = new Uint8Array(diode.buffer);
        diode.set(message(1, 300));
        for (const next of steps) {
          try {
            if (next === undefined) {
              expect(diode.tryNext() ?? new Uint8Array()).toBeInstanceOf(Uint8Array);
            } else if (typeof next === "number") {
              diode.set(message(2, next));
            } else {
              memory.set(next.bytes.subarray(0, memory.length - next.at), next.at % memory.length);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(DiodeCorruptedError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("survives random bytes after its header", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: -3, max: 255 })), (stream) => {
        const diode = new Diode(2000);
        const memory = new Uint8Array(diode.buffer);
        for (let at = 64; at < memory.length; at++) {
          memory[at] = stream.next().value;
        }
        const joined = new Diode(diode.buffer);
        for (let round = 0; round < 5; round++) {
          for (const act of [() => joined.set(message(1, 700)), () => joined.tryNext()]) {
            try {
              act();
            } catch (error) {
              expect(error).toBeInstanceOf(DiodeCorruptedError);
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

import { expect, test } from "vitest";
import { MergedStreams } from "./mergedStreams.js";

async function* of(...values: number[]) {
  yield* values;
}

test("yields all values of all streams, also of one that is added later", async () => {
  const merged = new MergedStreams<number>(new AbortController().signal);
  merged.add(() => of(1, 2, 3));
  const values: number[] = [];
  for await (const value of merged) {
    values.push(value);
    if (value === 1) {
      merged.add(() => of(4, 5));
    }
  }
  expect(values.sort()).toEqual([1, 2, 3, 4, 5]);
});

test("throws the error of a stream after the values before it, and ends the others", async () => {
  const merged = new MergedStreams<number>(new AbortController().signal);
  let aborted = false;
  merged.add(async function* () {
    yield 1;
    throw new Error("lost");
  });
  merged.add(async function* (signal) {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    aborted = true;
    yield* of();
  });
  const values: number[] = [];
  await expect(
    (async () => {
      for await (const value of merged) {
        values.push(value);
      }
    })(),
  ).rejects.toThrow("lost");
  expect(values).toEqual([1]);
  await Promise.resolve();
  expect(aborted).toBe(true);
});

test("reads a stream no faster than its values are read", async () => {
  let read = 0;
  const merged = new MergedStreams<number>(new AbortController().signal);
  merged.add(async function* () {
    for (read = 1; read <= 100; read += 1) {
      yield read;
    }
  });
  for await (const value of merged) {
    expect(read - value).toBeLessThanOrEqual(1);
    if (value === 50) {
      break;
    }
  }
});

import { expect, test, vi } from "vitest";
import { closableIterator } from "../index.js";

test("passes values on and ends with the generator", async () => {
  const onReturn = vi.fn();
  const iterator = closableIterator(
    (async function* () {
      yield 1;
      yield 2;
      return undefined;
    })(),
    onReturn,
  );
  const values: number[] = [];
  for await (const value of iterator) {
    values.push(value);
  }
  expect(values).toEqual([1, 2]);
  expect(onReturn).not.toHaveBeenCalled();
});

test("return() ends a pending wait and runs the generator's finally", async () => {
  let wake = () => {};
  const cleanUp = vi.fn();
  const iterator = closableIterator(
    (async function* () {
      try {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        return undefined;
      } finally {
        cleanUp();
      }
    })(),
    () => wake(),
  );
  const next = iterator.next();
  await iterator.return?.();
  expect(await next).toEqual({ value: undefined, done: true });
  expect(cleanUp).toHaveBeenCalledTimes(1);
});

test("rejects with the generator's error", async () => {
  const iterator = closableIterator(
    (async function* (): AsyncGenerator<number, undefined, undefined> {
      yield 1;
      throw new Error("broken");
    })(),
    () => {},
  );
  await iterator.next();
  await expect(iterator.next()).rejects.toThrow("broken");
  expect(await iterator.next()).toEqual({ value: undefined, done: true });
});

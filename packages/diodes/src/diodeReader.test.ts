import { getEventListeners } from "node:events";
import { recordProcessEvents } from "@loggregator/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { OneToOne, Poller, SharedOneToOne, Waiter } from "./index.js";

const bytes = (value: number) => Uint8Array.of(value);
const readers = {
  "a Poller on a OneToOne": (signal?: AbortSignal) =>
    new Poller(new OneToOne<Uint8Array>(4), { intervalMs: 1, signal }),
  "a Waiter on a OneToOne": (signal?: AbortSignal) =>
    new Waiter(new OneToOne<Uint8Array>(4), { signal }),
  "a Poller on a SharedOneToOne": (signal?: AbortSignal) =>
    new Poller(new SharedOneToOne(1024), { intervalMs: 1, signal }),
  "a Waiter on a SharedOneToOne": (signal?: AbortSignal) =>
    new Waiter(new SharedOneToOne(1024), { signal }),
};

afterEach(() => {
  vi.useRealTimers();
});

describe.each(Object.entries(readers))("%s", (_name, makeReader) => {
  test("returns a stored value, and waits if there is none", async () => {
    const reader = makeReader();
    reader.set(bytes(1));
    expect(await reader.next()).toEqual(bytes(1));
    const next = reader.next();
    reader.set(bytes(2));
    expect(await next).toEqual(bytes(2));
    expect(reader.tryNext()).toBeUndefined();
  });

  test("gives each of two waiting calls its own value", async () => {
    const reader = makeReader();
    const both = Promise.all([reader.next(), reader.next()]);
    reader.set(bytes(1));
    await new Promise((resolve) => setImmediate(resolve));
    reader.set(bytes(2));
    expect(await both).toEqual([bytes(1), bytes(2)]);
  });

  test("returns undefined once aborted, whether waiting or not, and leaves no listener or timer", async () => {
    countTimers();
    const stop = new AbortController();
    const reader = makeReader(stop.signal);
    const next = reader.next();
    stop.abort();
    expect(await next).toBeUndefined();
    expect(await reader.next()).toBeUndefined();
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("leaves no listener or timer after waits that ended with a value", async () => {
    countTimers();
    const { signal } = new AbortController();
    const reader = makeReader(signal);
    for (let value = 0; value < 20; value++) {
      const next = reader.next();
      reader.set(bytes(value));
      await vi.advanceTimersByTimeAsync(1);
      expect(await next).toEqual(bytes(value));
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("returns the remaining values after an abort", async () => {
    const reader = makeReader(AbortSignal.abort());
    reader.set(bytes(1));
    expect(await reader.next()).toEqual(bytes(1));
    expect(await reader.next()).toBeUndefined();
  });

  test("iterates over the values in order until the signal aborts", async () => {
    const stop = new AbortController();
    const reader = makeReader(stop.signal);
    const seen: number[] = [];
    setImmediate(() => reader.set(bytes(0)));
    for await (const value of reader) {
      seen.push(value[0] ?? -1);
      if (seen.length === 5) {
        stop.abort();
        reader.set(bytes(9));
      } else {
        reader.set(bytes(seen.length));
      }
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  test("ends a waiting iteration when the signal aborts", async () => {
    const stop = new AbortController();
    setImmediate(() => stop.abort());
    for await (const value of makeReader(stop.signal)) {
      expect.unreachable(`value ${value}`);
    }
  });

  test("can be aborted while there are always more values", async () => {
    const stop = new AbortController();
    const reader = makeReader(stop.signal);
    setTimeout(() => stop.abort());
    reader.set(bytes(1));
    for await (const value of reader) {
      reader.set(value);
    }
    expect(stop.signal.aborted).toBe(true);
  });
});

test("a Waiter wakes for values that are set on its diode", async () => {
  const diode = new OneToOne<number>(1);
  const next = new Waiter(diode).next();
  diode.set(1);
  expect(await next).toBe(1);
});

test("a failure of onDropped loses no value, and is reported as a warning", async () => {
  using events = recordProcessEvents();
  const failures = [
    () => {
      throw new Error("thrown");
    },
    () => Promise.reject(new Error("rejected")),
  ];
  for (const onDropped of failures) {
    for (const diode of [
      new OneToOne<Uint8Array>(1, onDropped),
      new SharedOneToOne(1, onDropped),
    ]) {
      for (let value = 0; value < 50; value++) {
        diode.set(bytes(value));
      }
      expect(await new Waiter(diode).next()).toBeInstanceOf(Uint8Array);
      expect(diode.dropped).toBeGreaterThan(0);
    }
  }
  await events.settled();
  expect(events.unhandledRejections).toEqual([]);
  expect(events.warnings.map(({ message }) => message)).toEqual([
    "diode: onDropped failed: Error: thrown",
    "diode: onDropped failed: Error: thrown",
    "diode: onDropped failed: Error: rejected",
    "diode: onDropped failed: Error: rejected",
  ]);
});

test("many readers share a signal without a warning, and leave no listener behind", async () => {
  using events = recordProcessEvents();
  const stop = new AbortController();
  const all = Object.values(readers).flatMap((makeReader) =>
    Array.from({ length: 20 }, () => makeReader(stop.signal)),
  );
  const waits = all.map((reader) => reader.next());
  await events.settled();
  expect(events.warnings).toEqual([]);
  expect(getEventListeners(stop.signal, "abort")).toHaveLength(1);
  stop.abort();
  expect(await Promise.all(waits)).toEqual(all.map(() => undefined));
  expect(getEventListeners(stop.signal, "abort")).toEqual([]);
});

test("readers reject unknown options", () => {
  const diode = new OneToOne<number>(1);
  expect(() => new Poller(diode, { interval: 5 } as never)).toThrow(
    'unknown option "interval"; did you mean "intervalMs"?',
  );
  expect(() => new Waiter(diode, { signl: undefined } as never)).toThrow(
    'unknown option "signl"; did you mean "signal"?',
  );
  expect(() => new Waiter(diode, null as never)).toThrow("options must be an object, got null");
});

test.each([
  [0, RangeError],
  [-1, RangeError],
  [Number.NaN, RangeError],
  [2 ** 31, RangeError],
  ["10" as unknown as number, TypeError],
])("a Poller rejects the interval %j", (intervalMs, type) => {
  expect(() => new Poller(new OneToOne(1), { intervalMs })).toThrow(type);
  expect(() => new Poller(new OneToOne(1), { intervalMs })).toThrow(
    "intervalMs must be a positive",
  );
});

test.each<[string, unknown, unknown]>([
  ["diode", undefined, undefined],
  ["diode", [], undefined],
  ["signal", new OneToOne(1), new AbortController()],
])("readers reject an invalid %s", (name, diode, signal) => {
  const options = { signal: signal as AbortSignal };
  const create = () => new Waiter(diode as OneToOne<number>, options);
  expect(create).toThrow(TypeError);
  expect(create).toThrow(name);
  expect(() => new Poller(diode as OneToOne<number>, options)).toThrow(name);
});

test("a Waiter rejects a diode without onceSet", () => {
  const diode = { set() {}, tryNext: () => undefined };
  expect(() => new Waiter(diode as unknown as OneToOne<number>)).toThrow(/onceSet.*Poller/);
});

/**
 * Counts the readers' timers in `vi.getTimerCount()` from now on. The timer count of the process is
 * not usable, because Vitest sets timers of its own.
 */
function countTimers(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
}

import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
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
  it("returns what is there, and waits for what is not", async () => {
    const reader = makeReader();
    reader.set(bytes(1));
    expect(await reader.next()).toEqual(bytes(1));
    const next = reader.next();
    reader.set(bytes(2));
    expect(await next).toEqual(bytes(2));
    expect(reader.tryNext()).toBeUndefined();
  });

  it("serves two that wait at once, each with a value of its own", async () => {
    const reader = makeReader();
    const both = Promise.all([reader.next(), reader.next()]);
    reader.set(bytes(1));
    await new Promise((resolve) => setImmediate(resolve));
    reader.set(bytes(2));
    expect(await both).toEqual([bytes(1), bytes(2)]);
  });

  it("returns undefined once aborted, whether waiting or not, and leaves no listener or timer", async () => {
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

  it("takes no listener or timer along from waits that ended with a value", async () => {
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

  it("after an abort, next still hands out what is left", async () => {
    const reader = makeReader(AbortSignal.abort());
    reader.set(bytes(1));
    expect(await reader.next()).toEqual(bytes(1));
    expect(await reader.next()).toBeUndefined();
  });

  it("iterates over the values in order until the signal aborts", async () => {
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

  it("ends a waiting iteration when the signal aborts", async () => {
    const stop = new AbortController();
    setImmediate(() => stop.abort());
    for await (const value of makeReader(stop.signal)) {
      expect.unreachable(`value ${value}`);
    }
  });

  it("lets the event loop turn, and so an abort arrive, while values never run out", async () => {
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

it("a Waiter wakes for what is set on its diode, too", async () => {
  const diode = new OneToOne<number>(1);
  const next = new Waiter(diode).next();
  diode.set(1);
  expect(await next).toBe(1);
});

it("an error of onDropped comes out of next", async () => {
  const diode = new OneToOne<number>(1, () => {
    throw new Error("callback");
  });
  diode.set(1);
  diode.set(2);
  await expect(new Waiter(diode).next()).rejects.toThrow("callback");
});

it.each([0, -1, Number.NaN, 2 ** 31, "10" as unknown as number])(
  "a Poller refuses the interval %s",
  (intervalMs) => {
    expect(() => new Poller(new OneToOne(1), { intervalMs })).toThrow(RangeError);
  },
);

it.each<[string, unknown, unknown]>([
  ["diode", undefined, undefined],
  ["diode", [], undefined],
  ["signal", new OneToOne(1), new AbortController()],
])("readers refuse what is no %s", (name, diode, signal) => {
  const options = { signal: signal as AbortSignal };
  const create = () => new Waiter(diode as OneToOne<number>, options);
  expect(create).toThrow(TypeError);
  expect(create).toThrow(name);
  expect(() => new Poller(diode as OneToOne<number>, options)).toThrow(name);
});

it("a Waiter refuses a diode that can't wake it", () => {
  const diode = { set() {}, tryNext: () => undefined };
  expect(() => new Waiter(diode as unknown as OneToOne<number>)).toThrow(/onceSet.*Poller/);
});

/**
 * From now on `vi.getTimerCount()` tells how many timers the readers have. The process's own count
 * would not do: Vitest has timers in it that come and go.
 */
function countTimers(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
}

import { Envelope, logEnvelope, logText } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { EnvelopeStore, type EnvelopeStoreOptions } from "./envelopeStore.js";

const range = { start: 0n, end: 2n ** 62n, descending: false };

class TestStore extends EnvelopeStore {
  constructor(options: Partial<EnvelopeStoreOptions> = {}) {
    super({ maxPerSource: 100_000, maxBytes: 1e9, ...options });
  }

  log(timestamp: bigint, text = String(timestamp), sourceId = "s"): void {
    const envelope = logEnvelope(text, { timestamp, sourceId });
    this.put(envelope, Envelope.encode(envelope).finish());
  }

  texts(limit = Number.POSITIVE_INFINITY, options: Partial<typeof range> = {}): string[] {
    const texts: string[] = [];
    this.visit("s", { ...range, ...options }, ({ bytes }) => {
      texts.push(logText(Envelope.decode(bytes)) ?? "");
      return texts.length >= limit;
    });
    return texts;
  }
}

describe("order and range", () => {
  test("is by timestamp, for any order of arrival, from the start up to the end, exclusively", () => {
    const store = new TestStore();
    for (const timestamp of [5n, 1n, 3n, 2n, 4n]) {
      store.log(timestamp);
    }
    expect(store.texts()).toEqual(["1", "2", "3", "4", "5"]);
    expect(store.texts(2)).toEqual(["1", "2"]);
    expect(store.texts(9, { start: 2n, end: 4n })).toEqual(["2", "3"]);
    expect(store.texts(2, { descending: true })).toEqual(["5", "4"]);
    expect(store.texts(9, { start: 3n, end: 3n })).toEqual([]);
  });

  test("matches a sorted list, for random timestamps, ranges and removals of the oldest", () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const store = new TestStore({ maxPerSource: 300 });
    let model: bigint[] = [];
    for (let i = 0; i < 3000; i += 1) {
      const timestamp = BigInt(random(1_000_000)) * 10_000n;
      if (model.includes(timestamp)) {
        continue;
      }
      model = [...model.slice(model.length >= 300 ? 1 : 0), timestamp].sort((a, b) =>
        a < b ? -1 : 1,
      );
      store.log(timestamp);
      if (i % 50 === 0) {
        const start = BigInt(random(1_000_000)) * 10_000n;
        const end = start + BigInt(random(500_000)) * 10_000n;
        const expected = model.filter((time) => time >= start && time < end).map(String);
        expect(store.texts(Number.POSITIVE_INFINITY, { start, end })).toEqual(expected);
        const newest = expected.reverse().slice(0, 7);
        expect(store.texts(7, { start, end, descending: true })).toEqual(newest);
      }
    }
    expect(store.texts()).toEqual(model.map(String));
  });
});

describe("envelopes with equal timestamps", () => {
  test("use the next free nanosecond: 4,000 are safe, beyond that each replaces the newest", () => {
    const store = new TestStore();
    for (let i = 0; i < 5000; i += 1) {
      store.log(1000n, String(i));
    }
    const texts = store.texts();
    expect(texts).toEqual([...Array.from({ length: 4000 }, (_, i) => String(i)), "4999"]);
    expect(store.meta().get("s")).toMatchObject({ count: 4001, expired: 0 });
    expect(store.texts(10)).toHaveLength(4001);
    expect(store.texts(10, { descending: true })).toHaveLength(4001);
  });

  test("are not divided by a limit, and the first envelope behind them is in the answer", () => {
    const store = new TestStore();
    for (let i = 0; i < 10; i += 1) {
      store.log(1000n, String(i));
    }
    expect(store.texts(3)).toHaveLength(10);
    const other = new TestStore();
    for (let i = 0; i < 11; i += 1) {
      other.log(1000n, String(i));
    }
    other.log(5000n, "behind");
    other.log(6000n, "not in the answer");
    expect(other.texts(4)).toHaveLength(12);
  });

  test("are compared by their own timestamps, not by their keys", () => {
    const store = new TestStore();
    for (let i = 0; i < 10; i += 1) {
      store.log(1000n, String(i));
    }
    expect(store.texts(100, { start: 1001n })).toEqual([]);
    expect(store.texts(100, { end: 1001n })).toHaveLength(10);
  });

  test("may follow newer ones: the last envelope of an answer need not be the newest", () => {
    const store = new TestStore();
    for (const timestamp of [0n, 1n, 2n, 3n, 4n, 2n]) {
      store.log(timestamp);
    }
    expect(store.texts()).toEqual(["0", "1", "2", "3", "4", "2"]);
    expect(store.texts(100, { start: 3n })).toEqual(["3", "4"]);
  });
});

describe("expiry", () => {
  test("removes the oldest envelope for each new one, even if that is older than all", () => {
    const store = new TestStore({ maxPerSource: 3 });
    for (const timestamp of [10n, 20n, 30n, 40n]) {
      store.log(timestamp);
    }
    expect(store.texts()).toEqual(["20", "30", "40"]);
    store.log(5n);
    expect(store.texts()).toEqual(["5", "30", "40"]);
    expect(store.meta().get("s")).toEqual({
      count: 3,
      expired: 2,
      oldestTimestamp: 5n,
      newestTimestamp: 40n,
    });
  });

  test("frees the key of the removed envelope, and an envelope with that key is the oldest again", () => {
    const store = new TestStore({ maxPerSource: 3 });
    for (let i = 0; i < 5; i += 1) {
      store.log(1000n, String(i));
    }
    expect(store.texts().sort()).toEqual(["1", "2", "4"]);
  });

  test("removes the oldest envelopes of all sources when memory runs out", () => {
    const store = new TestStore({ maxBytes: 240 * 100 });
    for (let i = 0; i < 500; i += 1) {
      store.log(BigInt(i), `text ${i}`, i % 5 === 0 ? "rare" : `s${i % 5}`);
    }
    const meta = [...store.meta().values()];
    const total = meta.reduce((sum, { count }) => sum + count, 0);
    expect(total).toBeGreaterThan(80);
    expect(total).toBeLessThan(125);
    for (const { count, expired, newestTimestamp, oldestTimestamp } of meta) {
      expect(count + expired).toBe(100);
      expect(newestTimestamp).toBeGreaterThan(490n);
      expect(oldestTimestamp).toBeGreaterThan(370n);
    }
  });

  test("removes a source without envelopes", () => {
    const store = new TestStore({ maxBytes: 4000 });
    store.log(1n, "old", "gone");
    for (let i = 0; i < 100; i += 1) {
      store.log(BigInt(100 + i));
    }
    expect([...store.meta().keys()]).toEqual(["s"]);
  });
});

test("negative timestamps are read only with an earlier start, timestamp 0 with the default", () => {
  const store = new TestStore();
  store.log(-5n);
  store.log(0n);
  expect(store.texts()).toEqual(["0"]);
  expect(store.texts(10, { start: -10n })).toEqual(["-5", "0"]);
});

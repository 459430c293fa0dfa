import { readFileSync } from "node:fs";
import { logEnvelope } from "@loggregator/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ManyToOne, OneToOne, OneToOneEnvelopeBatch } from "./index.js";

type Operation = { set: number } | { tryNext: number | null; alerts?: number[] };
interface History {
  kind: "oneToOne" | "manyToOne";
  size: number;
  ops: Operation[];
}

const histories = JSON.parse(
  readFileSync(new URL("../vectors/diodes.json", import.meta.url), "utf8"),
) as History[];
const kinds = { oneToOne: OneToOne<number>, manyToOne: ManyToOne<number> };

describe("the histories of go-diodes", () => {
  test.each(histories.map((history, index) => ({ index, ...history })))(
    "$index: $kind of size $size",
    ({ kind, size, ops }) => {
      let alerts: number[] = [];
      const diode = new kinds[kind](size, (count) => alerts.push(count));
      for (const operation of ops) {
        if ("set" in operation) {
          diode.set(operation.set);
        } else {
          alerts = [];
          expect(diode.tryNext() ?? null).toBe(operation.tryNext);
          expect(alerts).toEqual(operation.alerts ?? []);
        }
      }
    },
  );
});

/** The algorithm of go-diodes: slots that store the number of their value. */
class Model {
  readonly alerts: number[] = [];
  readonly #slots: ({ value: number; number: number } | undefined)[];
  #written = 0;
  #read = 0;

  constructor(size: number) {
    this.#slots = new Array(size).fill(undefined);
  }

  set(value: number): void {
    this.#slots[this.#written % this.#slots.length] = { value, number: this.#written };
    this.#written++;
  }

  tryNext(): number | undefined {
    const at = this.#read % this.#slots.length;
    const slot = this.#slots[at];
    this.#slots[at] = undefined;
    if (slot === undefined || slot.number < this.#read) {
      return undefined;
    }
    if (slot.number > this.#read) {
      this.alerts.push(slot.number - this.#read);
    }
    this.#read = slot.number + 1;
    return slot.value;
  }
}

describe.each([
  ["OneToOne", OneToOne<number>],
  ["ManyToOne", ManyToOne<number>],
])("%s", (_name, Diode) => {
  test("matches the algorithm of go-diodes for any size and history", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.integer({ min: -12, max: 25 }), { maxLength: 60 }),
        (size, runs) => {
          const alerts: number[] = [];
          const diode = new Diode(size, (count) => alerts.push(count));
          const model = new Model(size);
          let value = 0;
          for (const run of runs) {
            for (let sets = run; sets > 0; sets--) {
              diode.set(value);
              model.set(value++);
            }
            for (let reads = -run; reads > 0; reads--) {
              expect(diode.tryNext()).toBe(model.tryNext());
            }
          }
          expect(alerts).toEqual(model.alerts);
        },
      ),
    );
  });

  test("accounts for every value: returned, or counted as dropped", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.boolean(), { maxLength: 300 }),
        (size, steps) => {
          let dropped = 0;
          let returned = 0;
          const diode = new Diode(size, (count) => {
            dropped += count;
          });
          for (const set of steps) {
            if (set) {
              diode.set(1);
            } else {
              returned += diode.tryNext() ?? 0;
            }
          }
          while (diode.tryNext() !== undefined) {
            returned++;
          }
          expect(returned + dropped).toBe(steps.filter((set) => set).length);
        },
      ),
    );
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "3" as unknown as number])(
    "rejects the size %s",
    (size) => {
      expect(() => new Diode(size)).toThrow(
        `size must be a positive integer, got ${typeof size === "string" ? `"${size}"` : size}`,
      );
    },
  );

  test("rejects an onDropped that is not a function", () => {
    expect(() => new OneToOne(1, "log" as never)).toThrow(
      'onDropped must be a function, got "log"',
    );
  });

  test("does not allocate the memory for a large size in advance", () => {
    const diode = new Diode(Number.MAX_SAFE_INTEGER);
    diode.set(1);
    expect(diode.tryNext()).toBe(1);
  });

  test("stores falsy values, and rejects undefined", () => {
    const diode = new (Diode as new (size: number) => OneToOne<unknown>)(4);
    for (const value of [0, "", false, null]) {
      diode.set(value);
      expect(diode.tryNext()).toBe(value);
    }
    expect(() => diode.set(undefined)).toThrow(TypeError);
    expect(diode.tryNext()).toBeUndefined();
  });

  test("stays consistent if onDropped sets values", () => {
    const seen: number[] = [];
    const diode: OneToOne<number> = new Diode(1, (count) => {
      seen.push(count);
      diode.set(100);
    });
    diode.set(1);
    diode.set(2);
    expect(diode.tryNext()).toBe(2);
    expect(diode.tryNext()).toBe(100);
    expect(diode.tryNext()).toBeUndefined();
    expect(seen).toEqual([1]);
    expect(diode.dropped).toBe(1);
  });
});

describe("OneToOneEnvelopeBatch", () => {
  const batchOf = (length: number) =>
    Array.from({ length }, () => logEnvelope("x", { timestamp: 0n }));

  test("stores and returns batches of envelopes", () => {
    const diode = new OneToOneEnvelopeBatch(2);
    diode.set([]);
    expect(diode.tryNext()).toEqual([]);
    expect(() => diode.set(undefined as never)).toThrow("batch must be an array of envelopes");
  });

  test("counts dropped envelopes, not batches", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.option(fc.nat(5)), { maxLength: 60 }),
        (size, steps) => {
          const dropped: number[] = [];
          const diode = new OneToOneEnvelopeBatch(size, (count) => dropped.push(count));
          let set = 0;
          let read = 0;
          for (const length of steps) {
            if (length === null) {
              read += diode.tryNext()?.length ?? 0;
            } else {
              set += length;
              diode.set(batchOf(length));
            }
          }
          for (let batch = diode.tryNext(); batch !== undefined; batch = diode.tryNext()) {
            read += batch.length;
          }
          expect(read + diode.dropped).toBe(set);
          expect(dropped.reduce((sum, count) => sum + count, 0)).toBe(diode.dropped);
        },
      ),
    );
  });
});

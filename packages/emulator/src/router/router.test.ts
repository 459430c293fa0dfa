import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  type Selector,
  selectAll,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  selectTimer,
  timerEnvelope,
} from "@loggregator/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EncodedEnvelope } from "../wire/encodedEnvelope.js";
import { crc64 } from "./crc64.js";
import { Router, type SubscriptionRequest } from "./router.js";

const log = logEnvelope("hello", { sourceId: "a" });
const counter = counterEnvelope("requests", { sourceId: "a" });
const gauge = gaugeEnvelope(metrics("cpu", "memory"), { sourceId: "a" });
const timer = timerEnvelope("http", 1n, 2n, { sourceId: "a" });
const event = eventEnvelope("deploy", "done", { sourceId: "a" });
const all = [log, counter, gauge, timer, event];

function metrics(...names: string[]) {
  return Object.fromEntries(names.map((name) => [name, { value: 1, unit: "x" }]));
}

/** Routes an envelope, which stands for its encoded form as well. */
function route(router: Router, envelope: Envelope): void {
  router.route(envelope, envelope as Envelope & EncodedEnvelope, 0);
}

/** Subscribes, and returns the list to which received envelopes are added. */
function subscribe(
  router: Router,
  selectors: Selector[],
  request: Partial<SubscriptionRequest> = {},
): Envelope[] & { unsubscribe: () => void } {
  const received: Envelope[] = [];
  const unsubscribe = router.subscribe(
    { shardId: "", deterministicName: "", ...request, selectors },
    (encoded) => received.push(encoded as EncodedEnvelope & Envelope),
  );
  return Object.assign(received, { unsubscribe });
}

function routed(selectors: Selector[], envelopes: readonly Envelope[]): Envelope[] {
  const router = new Router();
  const received = subscribe(router, selectors);
  for (const envelope of envelopes) {
    route(router, envelope);
  }
  return [...received];
}

describe("selectors", () => {
  test.each([
    ["log", selectLog(), log],
    ["counter", selectCounter(), counter],
    ["gauge", selectGauge(), gauge],
    ["timer", selectTimer(), timer],
    ["event", selectEvent(), event],
  ])("a %s selector selects only that type", (_, selector, expected) => {
    expect(routed([selector], all)).toEqual([expected]);
  });

  test("an empty source id is all sources, another is exactly that one", () => {
    const b = logEnvelope("hello", { sourceId: "b" });
    const none = logEnvelope("hello");
    expect(routed([selectLog()], [log, b, none])).toEqual([log, b, none]);
    expect(routed([selectLog({ sourceId: "b" })], [log, b, none])).toEqual([b]);
  });

  test("a counter selector with a name selects exactly that name", () => {
    const other = counterEnvelope("requests2");
    expect(routed([selectCounter({ name: "requests" })], [counter, other])).toEqual([counter]);
  });

  test("a gauge selector with names selects only gauges with exactly that set of metrics", () => {
    const fewer = gaugeEnvelope(metrics("cpu"));
    const more = gaugeEnvelope(metrics("cpu", "memory", "disk"));
    const others = gaugeEnvelope(metrics("cpu", "disk"));
    const names = ["memory", "cpu"];
    expect(routed([selectGauge({ names })], [fewer, gauge, more, others])).toEqual([gauge]);
  });

  test("a gauge selector with a repeated name selects nothing", () => {
    const names = ["memory", "cpu", "cpu"];
    expect(routed([selectGauge({ names })], [gauge, gaugeEnvelope(metrics("cpu"))])).toEqual([]);
    const twice = selectGauge({ names: ["cpu", "cpu"] });
    expect(routed([twice], [gaugeEnvelope(metrics("cpu"))])).toEqual([]);
  });

  test('a gauge selector with the single name "" selects gauges without metrics', () => {
    const empty = gaugeEnvelope({});
    const unnamed = gaugeEnvelope(metrics(""));
    const one = selectGauge({ names: [""] });
    expect(routed([one], [gauge, empty, unnamed])).toEqual([empty, unnamed]);
    const two = selectGauge({ names: ["", "cpu"] });
    expect(routed([two], [gauge, empty, gaugeEnvelope(metrics("cpu"))])).toEqual([]);
  });

  test("a gauge selector without names selects all gauges, even those without metrics", () => {
    const empty = gaugeEnvelope({});
    expect(routed([selectGauge()], [gauge, empty])).toEqual([gauge, empty]);
  });

  test("selectors are separate subscriptions: an envelope that matches two is delivered twice", () => {
    expect(routed([selectLog(), selectLog({ sourceId: "a" })], [log])).toEqual([log, log]);
    expect(routed([selectLog(), selectLog()], [log])).toEqual([log, log]);
  });

  test("an envelope without a message is not delivered", () => {
    expect(routed(selectAll(), [{ ...log, message: undefined }])).toEqual([]);
  });
});

describe("without a shard id", () => {
  test("every stream gets every envelope that matches", () => {
    const router = new Router();
    const streams = [1, 2, 3].map(() => subscribe(router, selectAll()));
    for (const envelope of all) {
      route(router, envelope);
    }
    expect(streams.map((stream) => [...stream])).toEqual([all, all, all]);
  });
});

describe("with a shard id", () => {
  const request = { shardId: "s" };

  test("each envelope goes to one stream of the shard, chosen at random", () => {
    const choices = [0, 0.34, 0.99, 0.5];
    const router = new Router(() => choices.shift() ?? 0);
    const streams = [1, 2, 3].map(() => subscribe(router, [selectLog()], request));
    for (let i = 0; i < 4; i += 1) {
      route(router, log);
    }
    expect(streams.map((stream) => stream.length)).toEqual([1, 2, 1]);
  });

  test("each shard gets every envelope", () => {
    const router = new Router();
    const streams = ["s", "t", ""].map((shardId) => subscribe(router, [selectLog()], { shardId }));
    route(router, log);
    expect(streams.map((stream) => stream.length)).toEqual([1, 1, 1]);
  });

  test("sharding is per selector: one that selects logs and one that selects counters get all of theirs", () => {
    const router = new Router();
    const logs = subscribe(router, [selectLog()], request);
    const counters = subscribe(router, [selectCounter()], request);
    const named = subscribe(router, [selectCounter({ name: "requests" })], request);
    const ofSource = subscribe(router, [selectLog({ sourceId: "a" })], request);
    for (let i = 0; i < 5; i += 1) {
      route(router, log);
      route(router, counter);
    }
    expect([logs, counters, named, ofSource].map((stream) => stream.length)).toEqual([5, 5, 5, 5]);
  });

  test("gauge selectors whose names differ in order are the same selector", () => {
    const router = new Router();
    const one = subscribe(router, [selectGauge({ names: ["cpu", "memory"] })], request);
    const other = subscribe(router, [selectGauge({ names: ["memory", "cpu"] })], request);
    route(router, gauge);
    expect(one.length + other.length).toBe(1);
  });

  test("a stream with two selectors that match gets an envelope twice", () => {
    const router = new Router();
    const stream = subscribe(router, [selectLog(), selectLog({ sourceId: "a" })], request);
    route(router, log);
    expect(stream).toHaveLength(2);
  });

  test("after a stream ends, the others receive its share", () => {
    const router = new Router(() => 0);
    const leaving = subscribe(router, [selectLog()], request);
    const staying = subscribe(router, [selectLog()], request);
    route(router, log);
    leaving.unsubscribe();
    leaving.unsubscribe();
    route(router, log);
    expect([leaving.length, staying.length]).toEqual([1, 1]);
    staying.unsubscribe();
    route(router, log);
    expect([leaving.length, staying.length]).toEqual([1, 1]);
  });
});

describe("with deterministic names", () => {
  /** Streams that begin in the order c, a, b, and are returned in the order of their names. */
  function threeStreams(router: Router) {
    const open = (deterministicName: string) =>
      subscribe(router, selectAll(), { shardId: "s", deterministicName });
    const c = open("c");
    const a = open("a");
    const b = open("b");
    return [a, b, c] as const;
  }

  test("a counter goes to the stream of number CRC-64 of its name mod the number of streams", () => {
    const router = new Router();
    const streams = threeStreams(router);
    // By Go's hash/crc64: "requests" mod 3 is 1, "cpu" mod 3 is 0, "memory" mod 3 is 2.
    for (const name of ["requests", "cpu", "memory", "requests"]) {
      route(router, counterEnvelope(name));
    }
    expect(streams.map((stream) => stream.length)).toEqual([1, 2, 1]);
  });

  test("a gauge is routed by the sum of its names' CRC-64s mod 2^64", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 6 }), (names) => {
        const router = new Router();
        const streams = threeStreams(router);
        const sum = names.reduce((sum, name) => (sum + crc64(name)) % 2n ** 64n, 0n);
        route(router, gaugeEnvelope(metrics(...names)));
        const expected = [0, 0, 0];
        expected[Number(sum % 3n)] = 1;
        expect(streams.map((stream) => stream.length)).toEqual(expected);
      }),
    );
  });

  test("other types are distributed at random", () => {
    const choices = [0.1, 0.5, 0.9];
    const router = new Router(() => choices.shift() ?? 0);
    const streams = threeStreams(router);
    for (const envelope of [log, timer, event]) {
      route(router, envelope);
    }
    expect(streams.map((stream) => [...stream])).toEqual([[log], [timer], [event]]);
  });

  test("without a shard id every stream gets all", () => {
    const router = new Router();
    const streams = ["a", "b"].map((deterministicName) =>
      subscribe(router, [selectCounter()], { deterministicName }),
    );
    route(router, counter);
    expect(streams.map((stream) => stream.length)).toEqual([1, 1]);
  });
});

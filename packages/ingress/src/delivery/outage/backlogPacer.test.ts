import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BatchQueue } from "../../queue/batchQueue.js";
import { BacklogPacer } from "./backlogPacer.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function setUp(rate = 20_000) {
  const queue = new BatchQueue({
    maxQueueSize: 1_000_000,
    maxQueueBytes: 1_000_000,
    onDropped: () => {},
  });
  const pacer = new BacklogPacer(queue, rate);
  const enter = (count: number) => {
    for (let i = 0; i < count; i += 100) {
      queue.push(new Uint8Array(1), 100);
    }
  };
  /** Sends as many envelopes as permitted now, and returns their number. */
  const sendNow = () => {
    let count = 0;
    while (queue.due > 0 && pacer.delayMs() === 0) {
      const batch = queue.take();
      queue.acknowledge();
      pacer.sent(batch?.count ?? 0);
      count += batch?.count ?? 0;
    }
    return count;
  };
  /**
   * Sends for `ms` milliseconds while `each` envelopes are emitted per millisecond. Returns the
   * number of envelopes sent in each 100 ms.
   */
  const sendFor = (ms: number, each = 0) => {
    const counts: number[] = [];
    let entering = 0;
    for (let passed = 0; passed < ms; passed++) {
      if (passed % 100 === 0) {
        counts.push(0);
      }
      entering += each;
      if (entering >= 100) {
        enter(100);
        entering -= 100;
      }
      counts.push((counts.pop() ?? 0) + sendNow());
      vi.advanceTimersByTime(1);
    }
    return counts;
  };
  return { queue, pacer, enter, sendNow, sendFor };
}

test("without an outage nothing is limited", () => {
  const { pacer, enter, sendNow } = setUp();
  enter(100_000);
  expect(pacer.maxCount).toBe(Number.POSITIVE_INFINITY);
  expect(sendNow()).toBe(100_000);
});

test("a backlog is sent at the configured rate, in bursts that a router can buffer", () => {
  const { queue, pacer, enter, sendNow, sendFor } = setUp();
  enter(20_000);
  pacer.begin();
  vi.advanceTimersByTime(60_000);
  expect(sendNow()).toBeLessThan(1_000);
  const counts = sendFor(900);
  for (const count of counts) {
    expect(count).toBeLessThanOrEqual(2_600);
  }
  const sum = counts.reduce((sum, count) => sum + count);
  expect(sum).toBeGreaterThan(17_000);
  expect(sum).toBeLessThan(19_000);
  sendFor(200);
  expect(queue.due).toBe(0);
});

test("envelopes emitted during an outage of any duration are backlog", () => {
  const { pacer, enter, sendNow } = setUp();
  pacer.begin();
  enter(20_000);
  vi.advanceTimersByTime(60_000);
  pacer.begin();
  enter(20_000);
  vi.advanceTimersByTime(5_000);
  expect(sendNow()).toBeLessThan(1_000);
});

test("once the backlog is sent, nothing is limited until the next outage", () => {
  const { pacer, enter, sendNow, sendFor } = setUp();
  enter(1_000);
  pacer.begin();
  sendFor(100);
  enter(50_000);
  expect(sendNow()).toBe(50_000);
  enter(50_000);
  pacer.begin();
  expect(sendNow()).toBeLessThan(1_000);
});

test("envelopes emitted meanwhile wait behind the backlog, at the same rate", () => {
  const { queue, pacer, enter, sendFor } = setUp();
  enter(10_000);
  pacer.begin();
  const counts = sendFor(3_000, 10);
  for (const count of counts) {
    expect(count).toBeLessThanOrEqual(2_600);
  }
  expect(queue.due).toBeLessThan(1_000);
});

test("a client that emits faster than the rate catches up with its backlog", () => {
  const { queue, pacer, enter, sendFor } = setUp();
  enter(10_000);
  pacer.begin();
  const counts = sendFor(2_000, 50);
  for (const count of counts) {
    expect(count).toBeLessThanOrEqual(6_500);
  }
  expect(queue.due).toBeLessThan(1_000);
});

test("a client that is closing sends its backlog in time", () => {
  const { queue, pacer, enter, sendFor } = setUp();
  enter(100_000);
  pacer.begin();
  pacer.closeWithin(2_000);
  const counts = sendFor(2_000);
  expect(queue.due).toBe(0);
  for (const count of counts) {
    expect(count).toBeLessThan(10_000);
  }
});

test("a client with enough time to close does not exceed the rate", () => {
  const { queue, pacer, enter, sendFor } = setUp();
  enter(10_000);
  pacer.begin();
  pacer.closeWithin(60_000);
  for (const count of sendFor(1_000)) {
    expect(count).toBeLessThanOrEqual(2_600);
  }
  expect(queue.due).toBe(0);
});

test("the delay is the time until the next batch may be sent", () => {
  const { pacer, enter, sendNow } = setUp(1_000);
  enter(10_000);
  pacer.begin();
  sendNow();
  const delayMs = pacer.delayMs();
  expect(delayMs).toBeGreaterThan(1);
  vi.advanceTimersByTime(delayMs);
  expect(pacer.delayMs()).toBe(0);
});

test("Infinity disables the limit", () => {
  const { pacer, enter, sendNow } = setUp(Number.POSITIVE_INFINITY);
  enter(100_000);
  pacer.begin();
  expect(sendNow()).toBe(100_000);
});

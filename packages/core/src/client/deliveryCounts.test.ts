import { expect, test } from "vitest";
import { DeliveryCounts } from "./deliveryCounts.js";

const { signal } = new AbortController();

test("a flush ends once everything that had entered was sent or dropped", async () => {
  const counts = new DeliveryCounts(() => {});
  counts.enter(3);
  const flushed = counts.whenFlushed(signal);
  counts.enter(1);
  counts.send(2);
  counts.drop(1);
  expect(await flushed).toBe(true);
  expect(counts).toMatchObject({ entered: 4, sent: 2, dropped: 1 });
});

test("unsend() queues envelopes again, and drops them after discard()", async () => {
  const counts = new DeliveryCounts(() => {});
  counts.enter(2);
  counts.send(2);
  counts.unsend(2);
  const aborted = new AbortController();
  const flushed = counts.whenFlushed(aborted.signal);
  aborted.abort();
  expect(await flushed).toBe(false);
  counts.send(2);
  counts.discard(0);
  counts.unsend(2);
  expect(counts).toMatchObject({ entered: 2, sent: 0, dropped: 2, closed: true, discarded: true });
});

test("refused envelopes count as dropped, and do not delay a flush", async () => {
  const reports: number[] = [];
  const counts = new DeliveryCounts((count) => reports.push(count));
  counts.refuse(5);
  counts.close();
  expect(await counts.whenFlushed(signal)).toBe(true);
  await counts.until(() => true, signal);
  expect(counts).toMatchObject({ entered: 0, dropped: 5, closed: true, discarded: false });
  expect(reports).toEqual([5]);
});

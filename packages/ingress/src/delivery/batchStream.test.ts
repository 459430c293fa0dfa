import { EnvelopeBatchWriter } from "@loggregator/api";
import { expect, test } from "vitest";
import { BatchQueue } from "../queue/batchQueue.js";
import { BufferPool } from "../queue/bufferPool.js";
import { BatchStream } from "./batchStream.js";
import { BacklogPacer } from "./outage/backlogPacer.js";

function streaming() {
  const queue = new BatchQueue({
    maxQueueSize: 1_000,
    maxQueueBytes: 2 ** 30,
    onDropped: () => {},
  });
  const pool = new BufferPool();
  const pacer = new BacklogPacer(queue, Number.POSITIVE_INFINITY);
  const open = () => new BatchStream({ queue, pool, pacer, stallTimeoutMs: 60_000 }, () => {});
  const push = (line: string) => {
    const writer = new EnvelopeBatchWriter();
    writer.log(line);
    queue.push(writer.take(), 1);
  };
  return { queue, pool, open, push };
}

test("sent batches are sent again first if the server refuses the stream", () => {
  const { queue, open, push } = streaming();
  const lines = ["a", "b", "c", "d"];
  for (const line of lines) {
    push(line);
  }
  const first = open();
  const messages = first.take(2 ** 20);
  expect(messages).toHaveLength(4);
  first.sent(3);
  expect(queue).toMatchObject({ sent: 3, queued: 1 });
  push("e");
  first.refused();
  first.end();
  expect(queue).toMatchObject({ sent: 0, queued: 5 });

  const second = open();
  const again = second.take(2 ** 20);
  expect(again.slice(0, 4)).toEqual(messages);
  second.sent(5);
  second.end();
  expect(queue).toMatchObject({ sent: 5, queued: 0 });
});

test("sent batches are kept until the server reads, up to 1 MiB, and their memory is reused", () => {
  const { queue, pool, open, push } = streaming();
  const size = 300_000;
  for (let i = 0; i < 5; i++) {
    push("x".repeat(size));
  }
  const stream = open();
  stream.take(2 ** 30);
  stream.sent(3);
  expect(pool.acquire(size)).toBeUndefined();
  stream.sent(1);
  expect(pool.acquire(size)).toBeDefined();
  stream.refused();
  expect(queue).toMatchObject({ sent: 4, queued: 1 });
  stream.end();

  const next = open();
  next.take(2 ** 30);
  next.sent(1);
  next.accepted();
  next.refused();
  expect(queue).toMatchObject({ sent: 5, queued: 0 });
  next.end();
});

test("batches of a refused stream are dropped after the queue was discarded", () => {
  const { queue, open, push } = streaming();
  push("a");
  const stream = open();
  stream.take(2 ** 20);
  stream.sent(1);
  queue.discard();
  stream.refused();
  stream.end();
  expect(queue).toMatchObject({ sent: 0, dropped: 1, queued: 0 });
});

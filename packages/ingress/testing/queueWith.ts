import { decodeEnvelopeBatch } from "@loggregator/api";
import { expect } from "vitest";
import type { Batch } from "../src/queue/batch.js";
import { BatchQueue, type BatchQueueOptions } from "../src/queue/batchQueue.js";
import { BatchWriter, type BatchWriterOptions } from "../src/queue/batchWriter.js";
import { BufferPool } from "../src/queue/bufferPool.js";

export type Options = Omit<BatchQueueOptions & BatchWriterOptions, "tags" | "flushIntervalMs">;

/** A queue and the writer in front of it. */
export interface Queue {
  readonly queue: BatchQueue;
  readonly writer: BatchWriter;
  readonly pool: BufferPool;
}

export function queueWith(options: Partial<Options> = {}): Queue {
  const all = {
    tags: {},
    batchMaxSize: 100,
    flushIntervalMs: 100,
    maxQueueSize: 1_000,
    maxQueueBytes: 1_000_000,
    maxBatchBytes: 100_000,
    maxEnvelopeBytes: 100_000,
    onDropped: () => {},
    ...options,
  };
  const queue = new BatchQueue(all);
  const pool = new BufferPool();
  return { queue, writer: new BatchWriter(all, queue, pool), pool };
}

export function add(batches: BatchWriter, number: number, padding = 0): void {
  const writer = batches.begin();
  writer.log(String(number).padStart(3).padEnd(padding), { timestamp: 1n });
  batches.end(writer);
}

export function numbersIn(batch: Batch | undefined): number[] {
  if (batch === undefined) {
    return [];
  }
  const { batch: envelopes } = decodeEnvelopeBatch(batch.bytes);
  expect(envelopes).toHaveLength(batch.count);
  return envelopes.map(({ message }) =>
    message?.$case === "log" ? Number(Buffer.from(message.value.payload).toString()) : Number.NaN,
  );
}

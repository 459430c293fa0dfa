import type { Backoff } from "@loggregator/core";
import type { Connection } from "@loggregator/grpc";
import type { BatchQueue } from "../queue/batchQueue.js";
import type { BufferPool } from "../queue/bufferPool.js";
import type { BacklogPacer } from "./outage/backlogPacer.js";
import type { OutageMonitor } from "./outage/outageMonitor.js";

/** Sends the batches of a queue. */
export interface Sender {
  /**
   * Sends until the queue is closed and empty, or the signal aborts. Connects again after each
   * failure that can be retried.
   *
   * @throws The error that cannot be retried.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** The parts of a client that a sender uses. */
export interface SenderContext {
  readonly queue: BatchQueue;
  /** Receives the memory of sent batches. */
  readonly pool: BufferPool;
  readonly pacer: BacklogPacer;
  readonly connection: Connection;
  /** The server's address, for messages. */
  readonly address: string;
  readonly backoff: Backoff;
  /** The maximum size of a message that the connection and the server accept, in bytes. */
  readonly maxBatchBytes: number;
  /** See `IngressClientOptions`. */
  readonly stallTimeoutMs: number;
  readonly monitor: OutageMonitor;
}

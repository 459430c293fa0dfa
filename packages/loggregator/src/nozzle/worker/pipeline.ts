import type { Envelope } from "@loggregator/api";
import { Backoff, delay, errorText, onAbort, retrySettings } from "@loggregator/core";
import { messageOf } from "../../explain.js";
import { Outage } from "../../outage.js";
import type { Sink } from "../destination/sink.js";
import { type DropReason, noCounts } from "./counts.js";
import { EnvelopeBuffer } from "./envelopeBuffer.js";
import type { EndState, FullPolicy, WorkerReport } from "./messages.js";
import type { BatchStream, StreamClient } from "./openStream.js";

/** The time in milliseconds after which a batch that is under way counts as a failure. */
const stalledMs = 10_000;

/** The delay before a stream that has ended with an error is opened again. */
const reopening = retrySettings({ baseDelayMs: 1_000, maxDelayMs: 30_000 });

export interface PipelineOptions {
  readonly client: StreamClient;
  readonly open: (client: StreamClient) => BatchStream;
  readonly sink: Sink;
  readonly keeps: (envelope: Envelope) => boolean;
  readonly maxSize: number;
  readonly maxBytes: number;
  readonly whenFull: FullPolicy;
  /** Ends everything immediately when it aborts: the rest counts as dropped. */
  readonly abandoned: AbortSignal;
  readonly say: (message: string) => void;
  readonly onDropped: (total: number) => void;
}

/** Reads envelopes into a bounded buffer, and delivers them from there to the sink. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #buffer: EnvelopeBuffer;
  readonly #counts = noCounts();
  readonly #stopping = new AbortController();
  readonly #outage: Outage;
  #stream: BatchStream | undefined;
  #sendingSince: number | undefined;

  constructor(options: PipelineOptions) {
    const { maxSize, maxBytes, say } = options;
    this.#options = options;
    this.#buffer = new EnvelopeBuffer({ maxSize, maxBytes });
    this.#outage = new Outage(say);
  }

  get report(): WorkerReport {
    const { client, sink } = this.#options;
    return {
      counts: {
        ...this.#counts,
        retries: sink.retries,
        rejected: sink.rejected,
        reconnects: this.#counts.reconnects + client.reconnects,
      },
      queued: this.#buffer.size,
      rss: process.memoryUsage.rss(),
      stream: client.health.state,
      destination: this.#destination,
    };
  }

  /** Resolves when it was stopped and everything was delivered or dropped. */
  async run(): Promise<void> {
    const { abandoned } = this.#options;
    const removeListener = onAbort(abandoned, () => this.stop());
    await Promise.all([this.#read().finally(() => this.#buffer.close()), this.#deliver()]);
    removeListener();
    this.#drop("shutdown", this.#buffer.clear());
  }

  /** Stops reading, and delivers the received envelopes. */
  stop(): void {
    this.#stopping.abort();
    this.#stream?.stop({ drain: true });
  }

  get #destination(): EndState {
    const { failure } = this.#options.sink;
    if (failure !== undefined) {
      return { ok: false, detail: messageOf(failure) };
    }
    const since = this.#sendingSince;
    return since !== undefined && performance.now() - since > stalledMs
      ? { ok: false, detail: "a batch has been in flight for more than 10 s" }
      : { ok: true, detail: "accepting" };
  }

  async #read(): Promise<void> {
    const { client, open } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff(reopening);
    while (!signal.aborted) {
      try {
        this.#stream = open(client);
        for await (const batch of this.#stream) {
          backoff.reset();
          await this.#received(batch);
        }
        if (!signal.aborted) {
          throw new Error("the stream ended");
        }
      } catch (error) {
        // The refusal may be temporary: a token can become valid.
        client.health.failed(error instanceof Error ? error : new Error(errorText(error)));
        this.#counts.reconnects++;
        await delay(signal, backoff.next()).catch(() => {});
      }
    }
  }

  async #received(batch: readonly Envelope[]): Promise<void> {
    const { client, keeps, whenFull, abandoned } = this.#options;
    client.health.accepted();
    const kept = batch.filter(keeps);
    if (whenFull === "stop-reading") {
      await this.#buffer.whenRoom(kept.length, abandoned);
    }
    this.#counts.received += batch.length;
    this.#counts.filtered += batch.length - kept.length;
    this.#buffer.push(kept);
    if (whenFull === "drop-oldest") {
      this.#drop("buffer_full", this.#buffer.trim());
    }
  }

  async #deliver(): Promise<void> {
    const { sink, abandoned } = this.#options;
    const { batchSize, lingerMs } = sink;
    for (;;) {
      const batch = await this.#buffer.take(batchSize, lingerMs, abandoned);
      if (batch === undefined) {
        return;
      }
      this.#sendingSince = performance.now();
      const reporting = setInterval(() => this.#reportDestination(), 1_000);
      const { sent, refused, unsupported } = await sink.send(batch);
      clearInterval(reporting);
      this.#sendingSince = undefined;
      this.#counts.sent += sent;
      this.#buffer.release();
      this.#drop(abandoned.aborted ? "shutdown" : "refused", refused);
      this.#drop("unsupported", unsupported);
      this.#reportDestination();
    }
  }

  #reportDestination(): void {
    const { ok, detail } = this.#destination;
    if (ok) {
      this.#outage.recovered();
    } else {
      this.#outage.failed(`the destination does not accept envelopes: ${detail}`);
    }
  }

  #drop(reason: DropReason, count: number): void {
    if (count === 0) {
      return;
    }
    this.#counts.dropped[reason] += count;
    if (reason === "buffer_full" || reason === "refused") {
      const { buffer_full, refused } = this.#counts.dropped;
      this.#options.onDropped(buffer_full + refused);
    }
  }
}

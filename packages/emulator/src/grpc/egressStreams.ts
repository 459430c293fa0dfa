import type { EgressBatchRequest, EgressRequest, Envelope, Selector } from "@loggregator/api";
import { type Logger, safeLogger } from "@loggregator/core";
import { ServerError, Status } from "nice-grpc";
import type { Realism } from "../emulator.js";
import { DropReporter } from "../rlp/dropReporter.js";
import { EnvelopeQueue } from "../rlp/envelopeQueue.js";
import type { Router } from "../router/router.js";
import { RouterBuffer } from "../router/routerBuffer.js";
import { withDeprecatedTags, withPreferredTags } from "../router/tags.js";
import type { StatsBoard } from "../stats.js";

/** From the RLP's source. */
const MAX_STREAMS = 500;
const MAX_BATCH = 100;
const BATCH_INTERVAL_MS = 100;

export interface EgressStreamsOptions {
  readonly router: Router;
  readonly stats: StatsBoard;
  /** The option as the user gave it. */
  readonly logger: Logger | null | undefined;
  readonly realism: Realism;
  /** In envelopes, for each stream. */
  readonly bufferSize: number;
}

/** The open streams of the RLP, whatever carries them. */
export class EgressStreams {
  readonly #router: Router;
  readonly #stats: StatsBoard;
  readonly #logger: Logger;
  readonly #drops: DropReporter;
  readonly #realism: Realism;
  readonly #bufferSize: number;

  constructor({ router, stats, logger, realism, bufferSize }: EgressStreamsOptions) {
    this.#router = router;
    this.#stats = stats;
    this.#logger = safeLogger(logger);
    this.#drops = new DropReporter(logger);
    this.#realism = realism;
    this.#bufferSize = bufferSize;
  }

  /** Whether another stream would be refused. */
  get full(): boolean {
    return this.#stats.egressStreams >= MAX_STREAMS;
  }

  /**
   * Single envelopes, each as soon as it is there, until the signal aborts.
   *
   * @throws ServerError where the RLP would refuse the request
   */
  async *envelopes(request: EgressRequest, signal: AbortSignal): AsyncGenerator<Envelope> {
    const stream = this.#open(request);
    try {
      while (!signal.aborted) {
        await stream.queue.wait(1, signal);
        const envelope = stream.queue.shift();
        if (envelope !== undefined) {
          this.#stats.add("delivered", 1);
          yield stream.convertTags(envelope);
        }
      }
    } finally {
      stream.close();
    }
  }

  /**
   * Batches of up to 100, at the latest about 100 ms after their first envelope, until the signal
   * aborts.
   *
   * @throws ServerError where the RLP would refuse the request
   */
  async *batches(request: EgressBatchRequest, signal: AbortSignal): AsyncGenerator<Envelope[]> {
    const stream = this.#open(request);
    try {
      while (!signal.aborted) {
        await stream.queue.wait(1, signal);
        await stream.queue.wait(MAX_BATCH, signal, BATCH_INTERVAL_MS);
        const batch = stream.queue.take(MAX_BATCH);
        if (batch.length > 0) {
          this.#stats.add("delivered", batch.length);
          yield batch.map(stream.convertTags);
        }
      }
    } finally {
      stream.close();
    }
  }

  #open(request: EgressRequest | EgressBatchRequest): EgressStream {
    if (this.full) {
      throw new ServerError(
        Status.RESOURCE_EXHAUSTED,
        `unable to create stream, max egress streams reached: ${MAX_STREAMS}`,
      );
    }
    const selectors = selectorsOf(request);
    const { shardId, deterministicName } = request;
    let dropped = 0;
    const onDropped = (count: number, reason: string) => {
      if (dropped === 0) {
        this.#drops.report(`an egress stream of shard "${shardId}" loses envelopes: ${reason}`);
      }
      dropped += count;
      this.#stats.add("dropped", count);
    };
    const queue = new EnvelopeQueue(this.#bufferSize, () =>
      onDropped(1, `it reads too slowly, and ${this.#bufferSize} envelopes are buffered`),
    );
    const buffer =
      this.#realism === "strict"
        ? new RouterBuffer<Envelope>(
            (envelope) => queue.push(envelope),
            (count) => onDropped(count, "more came at once than a real router buffers"),
          )
        : undefined;
    const unsubscribe = this.#router.subscribe(
      { shardId, deterministicName, selectors },
      buffer === undefined
        ? (envelope) => queue.push(envelope)
        : (envelope) => buffer.push(envelope),
    );
    this.#stats.add("egressStreams", 1);
    this.#logger.debug(`an egress stream of shard "${shardId}" begins`);

    return {
      queue,
      convertTags: request.usePreferredTags ? withPreferredTags : withDeprecatedTags,
      close: () => {
        unsubscribe();
        buffer?.close();
        this.#stats.add("egressStreams", -1);
        this.#logger.debug(`an egress stream of shard "${shardId}" ends, ${dropped} dropped`);
      },
    };
  }
}

interface EgressStream {
  readonly queue: EnvelopeQueue;
  readonly convertTags: (envelope: Envelope) => Envelope;
  close(): void;
}

function selectorsOf(request: EgressRequest | EgressBatchRequest): Selector[] {
  const { selectors, legacySelector } = request;
  const wanted =
    selectors.length === 0 && legacySelector !== undefined ? [legacySelector] : selectors;
  if (wanted.length === 0) {
    throw new ServerError(Status.INVALID_ARGUMENT, "Selectors cannot be empty");
  }
  if (wanted.some(({ message }) => message === undefined)) {
    throw new ServerError(Status.INVALID_ARGUMENT, "Selectors must have a Message");
  }
  return wanted;
}

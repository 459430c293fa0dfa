import type { EgressBatchRequest, EgressRequest, Selector } from "@loggregator/api";
import { type Logger, linkedAbortController, safeLogger } from "@loggregator/core";
import { ServerError, Status } from "nice-grpc";
import type { Realism } from "../emulator.js";
import type { StatsBoard } from "../observation/statsBoard.js";
import type { Router } from "../router/router.js";
import type { RouterLink } from "../router/routerLink.js";
import type { EncodedEnvelope } from "../wire/encodedEnvelope.js";
import type { BufferBudget } from "./bufferBudget.js";
import { DropReporter } from "./dropReporter.js";
import { encodeForReader } from "./encodeForReader.js";
import { KindStream, type ReaderStream, StrictStream } from "./readerStream.js";

/** The limit in the RLP's source. */
const maxStreams = 500;

export interface RlpOptions {
  readonly router: Router;
  readonly stats: StatsBoard;
  /** The option as the user passed it. */
  readonly logger: Logger | null | undefined;
  readonly realism: Realism;
  readonly budget: BufferBudget;
  /** Undefined for the router itself, which does not check requests or convert tags. */
  readonly link?: RouterLink | undefined;
}

export interface BatchesOptions {
  /** In envelopes, for this stream. */
  readonly bufferSize: number;
  /** Whether the router's batch for this stream is modelled with `realism: "strict"`. */
  readonly hasRouterBatch?: boolean | undefined;
  /** Aborts when the reader has disconnected: buffered envelopes are dropped. */
  readonly signal: AbortSignal;
  /** Aborts when the stream should end after all buffered envelopes are sent. */
  readonly end?: AbortSignal | undefined;
}

/** The Reverse Log Proxy: the streams of all readers, those of the gateway included. */
export class Rlp {
  readonly #options: RlpOptions;
  readonly #logger: Logger;
  readonly #drops: DropReporter;
  #stopping = new AbortController();

  constructor(options: RlpOptions) {
    this.#options = options;
    this.#logger = safeLogger(options.logger);
    this.#drops = new DropReporter(options.logger);
  }

  /** The signal that ended its streams, while it is stopped. */
  get outage(): AbortSignal | undefined {
    const { signal } = this.#stopping;
    return signal.aborted ? signal : undefined;
  }

  /** Ends all streams without an error. */
  stop(): void {
    this.#stopping.abort();
  }

  start(): void {
    if (this.outage !== undefined) {
      this.#stopping = new AbortController();
    }
  }

  /**
   * Yields single envelopes, encoded, until the signal aborts.
   *
   * @throws ServerError if the RLP would refuse the request.
   */
  async *envelopes(
    request: EgressRequest,
    { bufferSize, signal }: BatchesOptions,
  ): AsyncGenerator<Uint8Array> {
    // The RLP's Receiver ignores the name.
    const { stream, close } = this.#open({ ...request, deterministicName: "" }, bufferSize);
    const until = linkedAbortController(signal, this.#stopping.signal);
    try {
      while (!until.signal.aborted) {
        yield* this.#encode(await stream.nextEnvelopes(until.signal), request);
      }
      if (!signal.aborted) {
        yield* this.#encode(stream.takeAll(), request);
      }
    } finally {
      until.abort();
      close();
    }
  }

  /**
   * Yields batches of encoded envelopes until the signal aborts.
   *
   * @throws ServerError if the RLP would refuse the request.
   */
  async *batches(
    request: EgressBatchRequest,
    { bufferSize, hasRouterBatch, signal, end }: BatchesOptions,
  ): AsyncGenerator<Uint8Array[]> {
    const { stream, close } = this.#open(request, bufferSize, hasRouterBatch);
    const until = linkedAbortController(signal, end, this.#stopping.signal);
    const encode = (batch: EncodedEnvelope[]) => {
      this.#options.stats.add("delivered", batch.length);
      return this.#options.link === undefined
        ? batch.map(({ bytes }) => bytes)
        : batch.map((envelope) => encodeForReader(envelope, request.usePreferredTags));
    };
    try {
      while (!until.signal.aborted) {
        const batch = await stream.nextBatch(until.signal);
        if (batch.length > 0) {
          yield encode(batch);
        }
      }
      if (!signal.aborted) {
        const rest = stream.takeAll();
        for (let at = 0; at < rest.length; at += 100) {
          yield encode(rest.slice(at, at + 100));
        }
      }
    } finally {
      until.abort();
      close();
    }
  }

  *#encode(
    envelopes: readonly EncodedEnvelope[],
    { usePreferredTags }: EgressRequest,
  ): Generator<Uint8Array> {
    for (const envelope of envelopes) {
      this.#options.stats.add("delivered", 1);
      yield encodeForReader(envelope, usePreferredTags);
    }
  }

  #open(
    request: EgressRequest | EgressBatchRequest,
    bufferSize: number,
    hasRouterBatch = false,
  ): OpenStream {
    const { router, link, stats, realism, budget } = this.#options;
    if (link !== undefined && stats.egressStreams >= maxStreams) {
      throw new ServerError(
        Status.RESOURCE_EXHAUSTED,
        `unable to create stream, max egress streams reached: ${maxStreams}`,
      );
    }
    const selectors = link === undefined ? request.selectors : selectorsOf(request);
    const { shardId, deterministicName } = request;
    let dropped = 0;
    const onDropped = (count: number, reason: string) => {
      if (dropped === 0) {
        this.#drops.report(`an egress stream of shard "${shardId}" loses envelopes: ${reason}`);
      }
      dropped += count;
      stats.add("dropped", count);
    };
    const Stream = realism === "strict" ? StrictStream : KindStream;
    const stream = new Stream({ bufferSize, budget, hasRouterBatch, onDropped });
    const subscription = { shardId, deterministicName, selectors };
    const subscribe = () =>
      router.subscribe(subscription, (envelope, time) => stream.push(envelope, time));
    const unsubscribe = link === undefined ? subscribe() : link.subscribe(subscribe);
    stats.add("egressStreams", 1);
    this.#logger.debug(`an egress stream of shard "${shardId}" begins`);

    return {
      stream,
      close: () => {
        unsubscribe();
        stream.close();
        stats.add("egressStreams", -1);
        this.#logger.debug(`an egress stream of shard "${shardId}" ends, ${dropped} dropped`);
      },
    };
  }
}

interface OpenStream {
  readonly stream: ReaderStream;
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

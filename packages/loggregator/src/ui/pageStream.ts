import type { ServerResponse } from "node:http";
import { type Envelope, formatEnvelopeBatch } from "@loggregator/api";
import type { EnvelopeHub, SourceState } from "./envelopeHub.js";

/** The maximum time for which envelopes are collected before they are written, in milliseconds. */
const collectMs = 20;
/** The maximum number of envelopes in a line. */
const maxBatch = 500;
/** The time between lines without content, from which the page detects lost connections. */
const heartbeatMs = 10_000;

/** The place of a page in the hub's envelopes. */
export interface PagePosition {
  /** Identifies the run of the server: numbers of different runs are unrelated. */
  readonly run: string;
  /** The number of the next envelope. */
  readonly next: number;
}

/** A line of a page's stream that is not a batch. */
export type PageEvent =
  | {
      /** The first line. The envelopes before `end` arrived before the page connected. */
      readonly hello: PagePosition & { readonly end: number; readonly source: string };
    }
  | { readonly source: SourceState }
  /** The page was too slow for this many envelopes, which the hub no longer has. */
  | { readonly dropped: number };

/**
 * Writes the hub's envelopes to one page, in lines of JSON: batches as a gateway writes them, and
 * `PageEvent`s. It is only a position in the hub's envelopes, so a slow page uses no memory, and
 * loses only the oldest envelopes.
 */
export class PageStream {
  readonly #hub: EnvelopeHub;
  readonly #response: ServerResponse;
  #next: number;
  #state: SourceState | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param after Where the page's last stream ended; undefined for all that the hub keeps. */
  constructor(
    hub: EnvelopeHub,
    response: ServerResponse,
    run: string,
    source: string,
    after?: PagePosition | undefined,
  ) {
    this.#hub = hub;
    this.#response = response;
    const { first, end } = hub.envelopes;
    const next = after?.run === run ? Math.min(after.next, end) : first;
    this.#next = next;
    this.#write({ hello: { run, next, end, source } });
    this.#pump();
    const unsubscribe = hub.subscribe(() => {
      this.#timer ??= setTimeout(() => this.#pump(), collectMs);
    });
    const heartbeat = setInterval(() => response.write("\n"), heartbeatMs);
    response.on("drain", () => this.#pump());
    response.once("close", () => {
      unsubscribe();
      clearInterval(heartbeat);
      clearTimeout(this.#timer);
    });
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { envelopes, state } = this.#hub;
    if (state !== this.#state) {
      this.#state = state;
      this.#write({ source: state });
    }
    while (this.#next < envelopes.end && !this.#response.writableNeedDrain) {
      if (this.#next < envelopes.first) {
        this.#write({ dropped: envelopes.first - this.#next });
        this.#next = envelopes.first;
      }
      const batch: Envelope[] = [];
      const end = Math.min(this.#next + maxBatch, envelopes.end);
      for (; this.#next < end; this.#next += 1) {
        const envelope = envelopes.at(this.#next);
        if (envelope !== undefined) {
          batch.push(envelope);
        }
      }
      this.#response.write(`${formatEnvelopeBatch({ batch })}\n`);
    }
  }

  #write(event: PageEvent): void {
    this.#response.write(`${JSON.stringify(event)}\n`);
  }
}

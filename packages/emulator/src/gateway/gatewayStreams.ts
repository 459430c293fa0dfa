import type { ServerResponse } from "node:http";
import { type EgressBatchRequest, Envelope, formatEnvelopeBatch } from "@loggregator/api";
import { onAbort } from "@loggregator/core";
import { ServerError } from "nice-grpc";
import type { Realism } from "../emulator.js";
import type { FaultSwitch } from "../faults/faults.js";
import type { StatsBoard } from "../observation/statsBoard.js";
import type { Rlp } from "../rlp/rlp.js";
import { type GatewayRefusal, streamingUnavailable } from "./gatewayRefusal.js";

/**
 * The time for which a real gateway's stream stays subscribed after it was closed. Envelopes
 * received during this time are lost: including those already batched, about 0.2 s of data.
 */
const lingerMs = 150;

export interface GatewayStreamsOptions {
  readonly rlp: Rlp;
  readonly stats: StatsBoard;
  readonly faults: FaultSwitch;
  readonly realism: Realism;
  /** In envelopes, for each stream. */
  readonly bufferSize: number;
  readonly streamTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

/** Writes envelopes as server-sent events: one stream per request, until its time limit. */
export class GatewayStreams {
  readonly #options: GatewayStreamsOptions;
  /** The last outage of the RLP that the gateway has detected. */
  #detectedOutage: AbortSignal | undefined;

  constructor(options: GatewayStreamsOptions) {
    this.#options = options;
  }

  /** The refusal of new streams, if the gateway has detected that the RLP is unavailable. */
  get refusal(): GatewayRefusal | undefined {
    const { outage } = this.#options.rlp;
    return outage !== undefined && outage === this.#detectedOutage
      ? streamingUnavailable
      : undefined;
  }

  /** @param gone Aborts when the response is closed. */
  async write(
    request: EgressBatchRequest,
    response: ServerResponse,
    gone: AbortSignal,
  ): Promise<void> {
    const { rlp, stats } = this.#options;
    stats.add("gatewayStreams", 1);
    let isOpen = true;
    const ended = () => {
      if (isOpen) {
        stats.add("gatewayStreams", -1);
      }
      isOpen = false;
    };
    response.writeHead(200, {
      "Cache-Control": "no-cache",
      // HTTP/2 has no such header.
      ...(response.shouldKeepAlive && { Connection: "keep-alive" }),
      "Content-Type": "text/event-stream",
    });
    response.flushHeaders();
    try {
      if (rlp.outage === undefined) {
        await this.#writeEvents(request, response, gone, ended);
      } else {
        this.#detectedOutage = rlp.outage;
      }
      response.end();
    } catch (error) {
      // More streams than the RLP accepts: the response ends.
      if (!(error instanceof ServerError)) {
        throw error;
      }
      response.end();
    } finally {
      ended();
    }
  }

  async #writeEvents(
    request: EgressBatchRequest,
    response: ServerResponse,
    gone: AbortSignal,
    ended: () => void,
  ): Promise<void> {
    const { rlp, stats, faults, realism, bufferSize } = this.#options;
    const timers = new StreamTimers(this.#options, response);
    const abort = new AbortController();
    /** Aborts when a closed stream has lost its envelopes in flight. */
    const lingered = new AbortController();
    const unlink = onAbort(gone, () => {
      // A closed stream loses its envelopes in flight, even if the client has disconnected.
      if (!response.writableEnded) {
        abort.abort();
      }
    });
    const close = () => {
      response.end(event("closing due to stream timeout", "closing"));
      ended();
    };
    onAbort(timers.timeout, () => {
      if (realism === "kind" || gone.aborted) {
        return;
      }
      close();
      timers.after(lingerMs, () => lingered.abort());
    });
    const isStrict = realism === "strict";
    const end = isStrict ? lingered.signal : timers.timeout;
    try {
      const { signal } = abort;
      const options = { bufferSize, hasRouterBatch: isStrict, signal, end };
      for await (const batch of rlp.batches(request, options)) {
        if (response.writableEnded) {
          stats.add("delivered", -batch.length);
          stats.add("dropped", batch.length);
          continue;
        }
        await faults.beforeSending(gone);
        if (gone.aborted) {
          return;
        }
        const envelopes = { batch: batch.map((bytes) => Envelope.decode(bytes)) };
        const data = formatEnvelopeBatch(envelopes, { emitUnpopulated: true });
        await timers.write(event(data), gone);
      }
      if (rlp.outage !== undefined) {
        this.#detectedOutage = rlp.outage;
      } else if (timers.timeout.aborted && !response.writableEnded && !gone.aborted) {
        close();
      }
    } finally {
      unlink();
      timers.stop();
    }
  }
}

/** The heartbeat and the time limit of one stream. */
class StreamTimers {
  readonly #response: ServerResponse;
  readonly #timeout = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;
  #timer: NodeJS.Timeout;
  #stalled = false;

  constructor(
    { streamTimeoutMs, heartbeatIntervalMs }: GatewayStreamsOptions,
    response: ServerResponse,
  ) {
    this.#response = response;
    this.#timer = setTimeout(() => this.#timeout.abort(), streamTimeoutMs);
    this.#heartbeat = setInterval(() => {
      // No heartbeats are sent to a client that does not read.
      if (this.#stalled || response.writableEnded) {
        return;
      }
      response.write(event(String(Math.floor(Date.now() / 1000)), "heartbeat"));
    }, heartbeatIntervalMs);
  }

  /** Aborts at the time limit. */
  get timeout(): AbortSignal {
    return this.#timeout.signal;
  }

  /** Writes data, and resolves when more may be written or the signal aborts. */
  async write(data: string, signal: AbortSignal): Promise<void> {
    if (this.#response.writableEnded) {
      return;
    }
    this.#heartbeat.refresh();
    if (this.#response.write(data)) {
      return;
    }
    this.#stalled = true;
    await drained(this.#response, signal);
    this.#stalled = false;
  }

  after(ms: number, callback: () => void): void {
    this.#timer = setTimeout(callback, ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
  }
}

function event(data: string, name?: "heartbeat" | "closing"): string {
  return name === undefined ? `data: ${data}\n\n` : `event: ${name}\ndata: ${data}\n\n`;
}

/** Resolves when more may be written, when the response has ended, or when the signal aborts. */
function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("finish", done);
      unlink();
      resolve();
    };
    response.on("drain", done);
    response.on("finish", done);
    const unlink = onAbort(signal, () => queueMicrotask(done));
  });
}

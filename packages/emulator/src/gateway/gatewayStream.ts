import type { ServerResponse } from "node:http";
import { type EgressBatchRequest, formatEnvelopeBatch } from "@loggregator/api";
import type { FaultSwitch } from "../faults/faults.js";
import type { EgressStreams } from "../grpc/egressStreams.js";
import type { StatsBoard } from "../stats.js";

export interface GatewayStreamsOptions {
  readonly streams: EgressStreams;
  readonly stats: StatsBoard;
  readonly faults: FaultSwitch;
  readonly streamTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

/** Writes envelopes as server-sent events: for each request a stream, until its time is over. */
export class GatewayStreams {
  readonly #options: GatewayStreamsOptions;

  constructor(options: GatewayStreamsOptions) {
    this.#options = options;
  }

  /** Whether the RLP would refuse another stream. */
  get full(): boolean {
    return this.#options.streams.full;
  }

  /** @param gone aborts when the response is closed */
  async write(
    request: EgressBatchRequest,
    response: ServerResponse,
    gone: AbortSignal,
  ): Promise<void> {
    const { streams, stats, faults, streamTimeoutMs, heartbeatIntervalMs } = this.#options;
    const end = new AbortController();
    const { signal } = end;
    const abort = () => end.abort();
    gone.addEventListener("abort", abort);
    const timeout = setTimeout(abort, streamTimeoutMs);
    let stalled = false;
    const heartbeat = setInterval(() => {
      // Whoever does not read gets no more to read.
      if (!stalled) {
        response.write(event(String(Math.floor(Date.now() / 1000)), "heartbeat"));
      }
    }, heartbeatIntervalMs);

    stats.add("gatewayStreams", 1);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.flushHeaders();
    try {
      for await (const batch of streams.batches(request, signal)) {
        await faults.beforeSending(signal);
        if (gone.aborted) {
          break;
        }
        heartbeat.refresh();
        stalled = !response.write(event(formatEnvelopeBatch({ batch }, { emitUnpopulated: true })));
        if (stalled) {
          await drained(response, signal);
          stalled = false;
        }
      }
      if (!gone.aborted) {
        response.end(event("closing due to stream timeout", "closing"));
      }
    } finally {
      clearTimeout(timeout);
      clearInterval(heartbeat);
      gone.removeEventListener("abort", abort);
      stats.add("gatewayStreams", -1);
    }
  }
}

function event(data: string, name?: "heartbeat" | "closing"): string {
  return name === undefined ? `data: ${data}\n\n` : `event: ${name}\ndata: ${data}\n\n`;
}

/** Resolves when more may be written, or when the signal aborts. */
function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) {
      done();
    }
  });
}

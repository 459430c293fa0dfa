import type { ClientHttp2Stream } from "node:http2";
import { PerformanceObserver } from "node:perf_hooks";

/** The maximum number of event loop turns to wait for the performance entry of an ended stream. */
const maxTurns = 100;

interface TrackedStream {
  readonly id: number;
  /** The stream was created between `from` and `to`; no other stream has the same id and times. */
  readonly from: number;
  readonly to: number;
  sentBytes: number | undefined;
}

const tracked = new Set<TrackedStream>();

const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries() as unknown as StreamEntry[]) {
    for (const stream of tracked) {
      if (isOf(entry, stream)) {
        stream.sentBytes = entry.detail.bytesWritten;
      }
    }
  }
});

/** The number of bytes that were sent on a stream, available once the stream has ended. */
export interface SentBytes {
  /**
   * Resolves to the number of payload bytes that were sent on a destroyed stream, or undefined if
   * Node.js does not report it.
   */
  count(): Promise<number | undefined>;
  /** Stops counting. */
  stop(): void;
}

/**
 * Opens a stream and counts the bytes sent on it. HTTP/2 sends no more than the server's
 * flow-control window allows, and a write calls back only after all of it was sent. The number of
 * bytes sent by an interrupted write is only available in the statistics that Node.js publishes
 * through `node:perf_hooks`.
 */
export function trackSentBytes(open: () => ClientHttp2Stream): [ClientHttp2Stream, SentBytes] {
  const from = performance.now();
  const stream = open();
  const entry: TrackedStream = {
    id: stream.id as number,
    from,
    to: performance.now(),
    sentBytes: undefined,
  };
  if (tracked.size === 0) {
    observer.observe({ entryTypes: ["http2"] });
  }
  tracked.add(entry);
  return [
    stream,
    {
      async count() {
        for (let turn = 0; turn < maxTurns && entry.sentBytes === undefined; turn++) {
          await new Promise(setImmediate);
        }
        return entry.sentBytes;
      },
      stop() {
        if (tracked.delete(entry) && tracked.size === 0) {
          observer.disconnect();
        }
      },
    },
  ];
}

/** An entry of type "http2" with the name "Http2Stream". */
interface StreamEntry {
  readonly name: string;
  readonly startTime: number;
  readonly detail: { readonly id: number; readonly bytesWritten: number };
}

function isOf(entry: StreamEntry, { id, from, to }: TrackedStream): boolean {
  return (
    entry.name === "Http2Stream" &&
    entry.detail.id === id &&
    entry.startTime >= from &&
    entry.startTime <= to
  );
}

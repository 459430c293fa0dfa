import { type Envelope, parseEnvelopeBatch } from "@loggregator/api";
import type { PageEvent, PagePosition } from "../../src/ui/pageStream.js";
import { linesOf } from "./linesOf.js";

/** The state of the connection, as the page shows it. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "connected" }
  /** It is retried; `reason` is the reason for the last failure. */
  | { readonly state: "waiting"; readonly reason: string };

export interface Follower {
  /** @param isRecent Whether the envelopes arrived before the page was opened. */
  readonly onBatch: (batch: readonly Envelope[], isRecent: boolean) => void;
  readonly onConnection: (connection: Connection) => void;
  /** Called with the name of the source. */
  readonly onSource: (name: string) => void;
  /** Called with the number of envelopes for which the page was too slow. */
  readonly onDropped: (count: number) => void;
}

/** The delay between attempts, in milliseconds. */
const retryMs = 1_000;
/** The timeout of a silent server, in milliseconds: it writes more often than this. */
const stallMs = 30_000;

/**
 * Reads the envelopes of this page's server as long as the page is open: it reconnects after any
 * error, and continues where it stopped.
 */
export async function follow(follower: Follower, accessKey: string | undefined): Promise<never> {
  const reader = new StreamReader(follower, accessKey);
  follower.onConnection({ state: "connecting" });
  for (;;) {
    const reason = await reader.read().catch(reasonOf);
    follower.onConnection({ state: "waiting", reason: reason ?? "the stream ended" });
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

class StreamReader {
  readonly #follower: Follower;
  readonly #accessKey: string | undefined;
  #position: PagePosition | undefined;
  /** The number of the first envelope that is not from before the page was opened. */
  #live = 0;

  constructor(follower: Follower, accessKey: string | undefined) {
    this.#follower = follower;
    this.#accessKey = accessKey;
  }

  /** Reads one stream to its end. */
  async read(): Promise<undefined> {
    const stall = new AbortController();
    const abort = () => stall.abort(new Error("the server is not responding"));
    let timer = setTimeout(abort, stallMs);
    try {
      const headers: HeadersInit =
        this.#accessKey === undefined ? {} : { authorization: `bearer ${this.#accessKey}` };
      const { run = "", next = 0 } = this.#position ?? {};
      const path = `/envelopes?${new URLSearchParams({ run, next: String(next) })}`;
      const response = await fetch(path, { headers, signal: stall.signal });
      if (!response.ok || response.body === null) {
        throw new Error((await response.text()).trim() || `the server answered ${response.status}`);
      }
      for await (const line of linesOf(response.body)) {
        clearTimeout(timer);
        timer = setTimeout(abort, stallMs);
        this.#line(line);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #line(line: string): void {
    if (line === "") {
      return;
    }
    if (line.startsWith('{"batch"')) {
      const { batch } = parseEnvelopeBatch(line);
      const isRecent = (this.#position?.next ?? 0) < this.#live;
      this.#advance(batch.length);
      this.#follower.onBatch(batch, isRecent);
      return;
    }
    const event = JSON.parse(line) as PageEvent;
    if ("hello" in event) {
      const { run, next, end, source } = event.hello;
      if (this.#position?.run !== run) {
        this.#live = end;
      }
      this.#position = { run, next };
      this.#follower.onSource(source);
    } else if ("source" in event) {
      this.#follower.onConnection(event.source);
    } else {
      this.#advance(event.dropped);
      this.#follower.onDropped(event.dropped);
    }
  }

  #advance(count: number): void {
    if (this.#position !== undefined) {
      this.#position = { ...this.#position, next: this.#position.next + count };
    }
  }
}

function reasonOf(error: unknown): string {
  // Browsers do not expose the reason.
  return error instanceof TypeError
    ? "the command that serves this page has exited or cannot be reached"
    : String((error as Error).message);
}

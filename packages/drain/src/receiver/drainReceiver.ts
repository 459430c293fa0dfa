import type { IncomingMessage, ServerResponse } from "node:http";
import {
  checkOptionNames,
  closableIterator,
  type LifetimeStatus,
  onAbort,
  positiveInteger,
  StatusFeed,
} from "@loggregator/core";
import type { DrainMessage } from "./drainMessage.js";
import { type FetchRequest, handleFetch } from "./http/handleFetch.js";
import { handleNode } from "./http/handleNode.js";
import { type DrainReceiverOptions, receiverSettings } from "./options.js";
import { Intake } from "./queue/intake.js";
import type { ListenTcpOptions, ListenTlsOptions, SyslogServer } from "./syslog/syslogServer.js";

/** The statistics of a receiver. */
export interface DrainReceiverStats {
  /** Messages that were received. */
  readonly received: number;
  /** Frames that were not messages. */
  readonly invalid: number;
  /** Requests and connections that were refused or failed. */
  readonly refused: number;
  /** Messages that no loop has received yet. */
  readonly queued: number;
  /** Connections of `listenTcp` and `listenTls` that are open. */
  readonly connections: number;
}

/** Options of `batches`. */
export interface BatchesOptions {
  /**
   * The maximum number of messages in a batch. Lower it if the consumer can only write smaller
   * batches.
   *
   * @default 1_000
   */
  readonly maxSize?: number | undefined;
}

/**
 * Receives the messages of syslog drains: as a handler of `node:http` and `node:https`, as a
 * fetch-style handler, and as a TCP or TLS server. All of them pass their messages to the same
 * loop: `for await (const { envelope } of receiver)`. Several loops share the messages between
 * them.
 */
export class DrainReceiver implements AsyncIterable<DrainMessage>, AsyncDisposable {
  readonly #intake: Intake;
  readonly #ended = new AbortController();
  readonly #servers = new Set<SyslogServer & { destroy?(): void }>();
  readonly #status = new StatusFeed<LifetimeStatus>({ type: "open" });
  readonly #removeListener: () => void;
  #closing: Promise<void> | undefined;

  /** @throws OptionTypeError, OptionRangeError for an invalid option. */
  constructor(options: DrainReceiverOptions = {}) {
    this.#intake = new Intake(options, receiverSettings(options), this.#ended.signal);
    this.#removeListener = onAbort(options.signal, () => this.#abort());
  }

  /** The statistics of the receiver. */
  get stats(): DrainReceiverStats {
    const { received, queue, connections } = this.#intake;
    const { invalid, refused } = this.#intake.reports;
    return { received, invalid, refused, queued: queue.size, connections };
  }

  /**
   * Yields `open`, `closing` while pending requests and connections are read after `close()`, and
   * `closed`, the last one.
   */
  status(): AsyncIterableIterator<LifetimeStatus, undefined> {
    return this.#status.read();
  }

  /**
   * Handles a request of `node:http` or `node:https`: `createServer(receiver.node)`. The answer is
   * 200 once the request is acknowledged, and 4xx or 503 if it is refused. Never rejects.
   */
  readonly node = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    handleNode(this.#intake, request, response);

  /**
   * Handles a fetch-style request, as in Hono, Deno, Bun and workers. Never rejects. Client
   * certificates are not available here.
   */
  readonly fetch = (request: FetchRequest): Promise<Response> => handleFetch(this.#intake, request);

  /**
   * Listens for `syslog` drains, which have neither encryption nor authentication. Node.js only.
   *
   * @throws OptionTypeError for an invalid option; the error of Node.js if it cannot listen.
   */
  async listenTcp(options: ListenTcpOptions = {}): Promise<SyslogServer> {
    const { listenSyslog } = await import("./syslog/syslogServer.js");
    return this.#add(await listenSyslog(this.#intake, options));
  }

  /**
   * Listens for `syslog-tls` drains; with `ca`, clients must have a certificate. Node.js only.
   *
   * @throws OptionTypeError for an invalid option; the error of Node.js if it cannot listen.
   */
  async listenTls(options: ListenTlsOptions): Promise<SyslogServer> {
    const { listenSyslog } = await import("./syslog/syslogServer.js");
    return this.#add(await listenSyslog(this.#intake, options, options));
  }

  /**
   * Yields messages until the receiver is closed. A message counts as consumed when the loop
   * requests the next one.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<DrainMessage, undefined> {
    const abort = new AbortController();
    return closableIterator(this.#messages(abort.signal), () => abort.abort());
  }

  /**
   * Yields the queued messages in arrays of at least one: faster than one by one, and suited to
   * consumers that write many at a time. A batch counts as consumed when the loop requests the next
   * one.
   *
   * @throws OptionTypeError, OptionRangeError for an invalid option.
   */
  batches(options: BatchesOptions = {}): AsyncIterableIterator<readonly DrainMessage[], undefined> {
    checkOptionNames<BatchesOptions>("options", options, { maxSize: true });
    const maxSize = positiveInteger("maxSize", options.maxSize ?? 1_000);
    const abort = new AbortController();
    return closableIterator(this.#batches(maxSize, abort.signal), () => abort.abort());
  }

  /**
   * Refuses new requests and connections, reads pending ones, and closes the servers. Loops end
   * after the last message. Servers that use `node` or `fetch` as a handler must be closed by the
   * caller.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#intake.isClosing = true;
    this.#status.push({ type: "closing" });
    await Promise.all([...this.#servers].map((server) => server.close()));
    this.#intake.flush();
    this.#intake.queue.close();
    this.#removeListener();
    this.#status.push({ type: "closed" });
  }

  #abort(): void {
    this.#intake.isClosing = true;
    this.#intake.queue.discard();
    this.#ended.abort();
    for (const server of this.#servers) {
      server.destroy?.();
    }
    this.close().catch(() => {});
  }

  #add(server: SyslogServer): SyslogServer {
    this.#servers.add(server);
    if (this.#ended.signal.aborted) {
      (server as { destroy?(): void }).destroy?.();
    }
    if (this.#intake.isClosing) {
      void server.close();
    }
    return server;
  }

  async *#messages(signal: AbortSignal): AsyncGenerator<DrainMessage, undefined, undefined> {
    for (;;) {
      const portion = await this.#intake.queue.take(Number.POSITIVE_INFINITY, signal);
      if (portion === undefined) {
        return;
      }
      let received = 0;
      let finished = 0;
      try {
        for (const message of portion.messages) {
          received++;
          yield message;
          finished++;
        }
      } finally {
        portion.settle(received, finished);
      }
    }
  }

  async *#batches(
    maxSize: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly DrainMessage[], undefined, undefined> {
    for (;;) {
      const portion = await this.#intake.queue.take(maxSize, signal);
      if (portion === undefined) {
        return;
      }
      let finished = 0;
      try {
        yield portion.messages;
        finished = portion.messages.length;
      } finally {
        portion.settle(portion.messages.length, finished);
      }
    }
  }
}

/**
 * Creates a receiver of syslog drains.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option.
 */
export function createDrainReceiver(options: DrainReceiverOptions = {}): DrainReceiver {
  return new DrainReceiver(options);
}

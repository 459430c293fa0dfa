import { finished } from "node:stream/promises";
import {
  type LinkedAbortController,
  type LogRecordSettings,
  linkedAbortController,
  objectArgument,
} from "@loggregator/core";
import { type ConnectionStatus, IngressClient, type IngressStats } from "@loggregator/ingress";
import TransportStream from "winston-transport";
import { type LoggregatorTransportOptions, transportSettings } from "./options.js";

/** The fields of a record that contain the level and the formatted line. */
const levelField = Symbol.for("level");
const lineField = Symbol.for("message");

/** A record of winston. */
interface LogRecord {
  readonly message?: unknown;
  readonly [levelField]?: string;
  readonly [lineField]?: unknown;
}

/**
 * A transport for winston that sends each record as a log, with its own `IngressClient`. Logging
 * never blocks: the client has a bounded queue.
 *
 * `logger.end()` flushes and closes the client; then the transport emits the event `finish`.
 */
export class LoggregatorTransport extends TransportStream {
  /** The levels of the logger and their ranks, set by winston: 0 is the most severe. */
  declare readonly levels?: Readonly<Record<string, number>>;
  readonly #settings: LogRecordSettings;
  readonly #client: IngressClient;
  readonly #life: LinkedAbortController;
  #closing: Promise<void> | undefined;

  /**
   * @throws OptionTypeError, OptionRangeError for an invalid option; TlsError for certificates that
   * cannot be used.
   */
  constructor(options: LoggregatorTransportOptions = {}) {
    const settings = transportSettings(options);
    const { ingress = {}, format, level, silent, handleExceptions, handleRejections } = options;
    objectArgument("ingress", ingress);
    super({
      ...(format !== undefined && { format }),
      ...(level !== undefined && { level }),
      ...(silent !== undefined && { silent }),
      ...(handleExceptions !== undefined && { handleExceptions }),
      ...(handleRejections !== undefined && { handleRejections }),
    });
    this.#settings = settings;
    this.#life = linkedAbortController(ingress.signal);
    this.#client = IngressClient.fromEnv({ ...ingress, signal: this.#life.signal });
  }

  /** The statistics of the client. */
  get stats(): IngressStats {
    return this.#client.stats;
  }

  /** Yields the status of the connection, and then each change; ends after `closed`. */
  status(): AsyncIterableIterator<ConnectionStatus, undefined> {
    return this.#client.status();
  }

  /**
   * Waits until everything logged so far has been passed to the connection.
   *
   * @throws The errors of `IngressClient.flush`.
   */
  flush(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#client.flush(options);
  }

  /**
   * Called by winston for each record.
   *
   * @internal
   */
  override log(record: LogRecord, next: () => void): void {
    const { sourceId, instanceId, sourceType, fieldTags, payload } = this.#settings;
    const line = payload === "line" ? record[lineField] : undefined;
    this.#client.emitLog(`${line ?? record.message}`, {
      sourceId,
      instanceId,
      sourceType,
      stream: this.#isError(record[levelField]) ? "stderr" : "stdout",
      tags: fieldTags.isEmpty ? undefined : fieldTags.of(record),
    });
    next();
    setImmediate(() => this.emit("logged", record));
  }

  /**
   * Called when the logger has ended.
   *
   * @internal
   */
  override _final(callback: (error?: Error | null) => void): void {
    this.#client.close().then(() => callback(), callback);
  }

  /**
   * Called by Node.js for `destroy()`: drops queued logs.
   *
   * @internal
   */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#life.abort();
    callback(error);
  }

  /**
   * Ends the transport: sends the queue and closes the connection. Further calls return the same
   * promise. `logger.close()` and `logger.remove()` call it as well.
   *
   * @throws The errors of `IngressClient.close`, which are also emitted as `error` events.
   */
  override close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = finished(this);
      // winston ignores the promise: the error is emitted as an event.
      this.#closing.catch(() => {});
      this.end();
    }
    return this.#closing;
  }

  /** `await using`: the same as `close()`, but a failure is only emitted as an `error` event. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => {});
  }

  /** Returns true if a level is `error` or more severe. */
  #isError(level = ""): boolean {
    const rank = this.levels?.[level];
    const errorRank = this.levels?.["error"];
    return rank !== undefined && errorRank !== undefined ? rank <= errorRank : level === "error";
  }
}

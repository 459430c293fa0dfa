import type { Channel } from "@grpc/grpc-js";
import {
  abortable,
  type ConnectionStatus,
  checkOptionNames,
  errorText,
  invokeCallback,
  type Logger,
  linkedAbortController,
  onAbort,
  optionalFunction,
  safeLogger,
} from "@loggregator/core";
import { ClientError, type ClientMiddleware, Metadata } from "nice-grpc";
import {
  type CallContext,
  CallContexts,
  type ConnectionCallOptions,
  contextKey,
} from "./call/callContexts.js";
import type { CallStatus } from "./call/callStatus.js";
import type { ConnectionOptions } from "./connectionOptions.js";
import { type Attempt, Dialer } from "./dial/dialer.js";
import { ConnectionError } from "./errors.js";
import { Http2Channel } from "./http2Channel.js";
import type { OpenConnection, Session } from "./session/session.js";

/**
 * A connection to one address, opened on first use and reopened after a failure.
 *
 * Create nice-grpc clients once, on `channel` and with `middleware`, which waits for the connection
 * before each call. The connection is reference-counted: it stays open while it is acquired, and
 * closes when the last user releases it.
 */
export class Connection {
  /** The channel for nice-grpc's clients. */
  readonly channel: Channel;
  readonly #dialer: Dialer;
  readonly #logger: Logger;
  readonly #onStatus: (status: ConnectionStatus) => void;
  readonly #contexts = new CallContexts();
  #users = 0;
  #current: Attempt | undefined;
  /** The last session that was opened. */
  #session: Session | undefined;

  /**
   * @throws OptionTypeError, OptionRangeError for an invalid or unknown option; TlsError for
   * certificates that cannot be used.
   */
  constructor(options: ConnectionOptions) {
    checkOptionNames<ConnectionOptions>("options", options, {
      address: true,
      security: true,
      tls: true,
      serverName: true,
      connectTimeoutMs: true,
      channelOptions: true,
      logger: true,
      onStatus: true,
      maxSendBytes: true,
      maxReceiveBytes: true,
      keepaliveIntervalMs: true,
      keepaliveTimeoutMs: true,
      readWindowBytes: true,
      writeWatermarkBytes: true,
      useProxy: true,
    });
    this.#dialer = new Dialer(options);
    this.#logger = safeLogger(options.logger);
    optionalFunction("onStatus", options.onStatus);
    const { onStatus } = options;
    this.#onStatus = (status) =>
      invokeCallback(
        () => onStatus?.(status),
        (error) => this.#logger.error(`onStatus failed: ${errorText(error)}`),
      );
    const { address, authority, isPlainText, settings } = this.#dialer;
    this.channel = new Http2Channel({
      address,
      authority,
      isPlainText,
      contexts: this.#contexts,
      ...settings,
      session: () => (this.#session?.isOpen ? this.#session : undefined),
      connect: (signal) => this.#ready(signal),
      close: () => this.#end((session) => session.closeSoon(), "idle"),
    }).asChannel;
  }

  /** Keeps the connection open until the returned function is called. */
  acquire(): () => void {
    this.#users++;
    let isReleased = false;
    return () => {
      if (isReleased) {
        return;
      }
      isReleased = true;
      if (--this.#users === 0) {
        this.#end((session) => session.closeSoon(), "idle");
      }
    };
  }

  /**
   * Waits until the connection is open, opening it if necessary. Concurrent callers share one
   * attempt.
   *
   * @throws ConnectionError if the attempt fails, after which the next call starts another one; the
   * signal's reason if it aborts.
   */
  ready(signal: AbortSignal): Promise<OpenConnection> {
    return this.#ready(signal);
  }

  /**
   * Closes the current connection and the calls on it immediately. The next call opens another one.
   */
  destroy(): void {
    this.#end((session) => session.destroy(), "disconnected");
  }

  /** nice-grpc middleware: waits until the connection is open, then makes the call. */
  get middleware(): ClientMiddleware<ConnectionCallOptions> {
    const ready = (signal: AbortSignal) => this.#ready(signal);
    const contexts = this.#contexts;
    return async function* connect(call, { messages, requestEncoding, drainSignal, ...options }) {
      // Calls that share a signal would each add a listener, and Node.js warns about the eleventh.
      const { signal, abort } = linkedAbortController(options.signal);
      const context: CallContext = {
        messages,
        requestEncoding,
        drainSignal,
        requestStream: call.requestStream,
        unaryResponse: !call.responseStream,
      };
      const key = contexts.add(context);
      const metadata = Metadata(options.metadata).set(contextKey, key);
      try {
        await ready(signal);
        return yield* call.next(call.request, { ...options, signal, metadata });
      } catch (error) {
        throw withCause(error, await context.status);
      } finally {
        abort();
        contexts.delete(key);
        // When a signal aborts, nice-grpc does not wait for the outcome of the call.
        await context.status;
      }
    };
  }

  async #ready(signal: AbortSignal): Promise<Session> {
    signal.throwIfAborted();
    this.#current ??= this.#connect();
    return abortable(signal, this.#current.session);
  }

  #connect(): Attempt {
    const attempt = this.#dialer.dial();
    const ended = (error?: Error) => {
      if (this.#current !== attempt) {
        return;
      }
      this.#current = undefined;
      this.#onStatus({ type: "disconnected", ...(error && { error }) });
    };
    this.#onStatus({ type: "connecting" });
    attempt.session.then((open) => {
      this.#logger.debug(`${this.#dialer.address}: connected`);
      this.#session = open;
      if (this.#current === attempt) {
        this.#onStatus({ type: "open" });
      }
      onAbort(open.draining, () => {
        this.#logger.debug(`${this.#dialer.address}: disconnected`);
        ended();
      });
    }, ended);
    return attempt;
  }

  /** Ends the current connection, or the attempt to open it. */
  #end(how: (session: Session) => void, type: "idle" | "disconnected"): void {
    const attempt = this.#current;
    if (attempt === undefined) {
      return;
    }
    this.#current = undefined;
    attempt.abort(new ConnectionError(this.#dialer.address, "the attempt was cancelled"));
    attempt.session.then(how, () => {});
    this.#onStatus({ type });
  }
}

/** Adds the underlying error as `cause`: errors of nice-grpc only have a status. */
function withCause(error: unknown, status: CallStatus | undefined): unknown {
  if (error instanceof ClientError && error.cause === undefined && status?.cause !== undefined) {
    Object.defineProperty(error, "cause", { value: status.cause, configurable: true });
  }
  return error;
}

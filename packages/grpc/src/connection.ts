import type { Channel } from "@grpc/grpc-js";
import {
  abortable,
  type ConnectionStatus,
  checkOptionNames,
  errorText,
  formatHostPort,
  invokeCallback,
  type Logger,
  linkedAbortController,
  linkedTimeout,
  nonEmptyString,
  onAbort,
  optionalFunction,
  positiveMs,
  safeLogger,
} from "@loggregator/core";
import { ClientError, type ClientMiddleware, Metadata } from "nice-grpc";
import { type Address, parseAddress } from "./address.js";
import {
  type CallContext,
  CallContexts,
  type ConnectionCallOptions,
  contextKey,
} from "./call/callContexts.js";
import type { CallStatus } from "./call/callStatus.js";
import {
  type ChannelOptions,
  type TransportOptions,
  type TransportSettings,
  transportSettings,
} from "./channelOptions.js";
import { connectionFailure } from "./dial/connectionFailure.js";
import { openSession } from "./dial/openSession.js";
import { ConnectionError } from "./errors.js";
import { Http2Channel } from "./http2Channel.js";
import type { OpenConnection, Session } from "./session/session.js";
import { Credentials, type Security } from "./tls/credentials.js";
import type { PartialTlsSource } from "./tls/partialSecureContext.js";
import { ownName, type TlsSource } from "./tls/tls.js";

/** Options of a connection. */
export interface ConnectionOptions extends TransportOptions {
  /** The server's address: `host:port`, `[IPv6]:port` or `unix:path`. */
  readonly address: string;
  /**
   * The security of the connection: mutual TLS, TLS with an optional client certificate, or plain
   * text. Loggregator's servers require mutual TLS.
   *
   * @default "mutual-tls"
   */
  readonly security?: Security | undefined;
  /**
   * Certificates and key, or an async function that is called for each new connection. With
   * security `"tls"`, all parts are optional: without `ca`, the authorities of Node.js are trusted.
   * Not used for plain text.
   *
   * @default none; with security `"mutual-tls"` it is required
   */
  readonly tls?: TlsSource | PartialTlsSource | undefined;
  /** The name that the server's certificate must have, unless `tls` has a `serverName`. */
  readonly serverName: string;
  /**
   * The time limit for opening the connection in milliseconds, including `tls()`, the lookup of the
   * host name and the handshakes. Raise it for slow networks; lower it to fail sooner if no server
   * responds.
   *
   * @default 10_000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Transport options by their gRPC names.
   *
   * @default those of `ChannelOptions`
   */
  readonly channelOptions?: ChannelOptions | undefined;
  /**
   * Receives debug messages.
   *
   * @default none
   */
  readonly logger?: Logger | null | undefined;
  /**
   * Called with `connecting`, `open`, `disconnected` and `idle`.
   *
   * @default none
   */
  readonly onStatus?: ((status: ConnectionStatus) => void) | undefined;
}

/** An attempt to connect, and its outcome. */
interface Attempt {
  readonly session: Promise<Session>;
  /** Ends the attempt. */
  abort(reason: Error): void;
}

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
  readonly #address: string;
  readonly #parsedAddress: Address;
  readonly #credentials: Credentials;
  readonly #serverName: string;
  readonly #connectTimeoutMs: number;
  readonly #settings: TransportSettings;
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
    this.#parsedAddress = parseAddress(options.address);
    this.#credentials = new Credentials(
      options.address,
      options.security ?? "mutual-tls",
      options.tls,
    );
    this.#address = options.address;
    this.#serverName = nonEmptyString("serverName", options.serverName);
    this.#connectTimeoutMs = positiveMs("connectTimeoutMs", options.connectTimeoutMs ?? 10_000);
    this.#settings = transportSettings(options, options.channelOptions);
    this.#logger = safeLogger(options.logger);
    optionalFunction("onStatus", options.onStatus);
    const { onStatus } = options;
    this.#onStatus = (status) =>
      invokeCallback(
        () => onStatus?.(status),
        (error) => this.#logger.error(`onStatus failed: ${errorText(error)}`),
      );
    this.channel = new Http2Channel({
      address: options.address,
      authority:
        this.#parsedAddress.type === "tcp" ? formatHostPort(this.#parsedAddress) : "localhost",
      isPlainText: this.#credentials.isPlainText,
      contexts: this.#contexts,
      ...this.#settings,
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
    let step = "tls()";
    const timeout = linkedTimeout(this.#connectTimeoutMs, () => {
      const reason = `timed out after ${this.#connectTimeoutMs} ms, waiting for ${step}`;
      return new ConnectionError(this.#address, reason);
    });
    const session = this.#openSession(timeout.signal, (next) => {
      step = next;
    }).finally(() => timeout.abort());
    const attempt = { session, abort: timeout.abort };
    const ended = (error?: Error) => {
      if (this.#current !== attempt) {
        return;
      }
      this.#current = undefined;
      this.#onStatus({ type: "disconnected", ...(error && { error }) });
    };
    this.#onStatus({ type: "connecting" });
    session.then((open) => {
      this.#logger.debug(`${this.#address}: connected`);
      this.#session = open;
      if (this.#current === attempt) {
        this.#onStatus({ type: "open" });
      }
      onAbort(open.draining, () => {
        this.#logger.debug(`${this.#address}: disconnected`);
        ended();
      });
    }, ended);
    return attempt;
  }

  async #openSession(signal: AbortSignal, onStep: (step: string) => void): Promise<Session> {
    const { tls, context } = await this.#credentials.load(signal);
    try {
      return await openSession(
        {
          ...this.#settings,
          address: this.#parsedAddress,
          secureContext: context,
          serverName: tls?.serverName ?? this.#serverName,
          onStep,
        },
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      throw connectionFailure(this.#address, error, tls && ownName(tls));
    }
  }

  /** Ends the current connection, or the attempt to open it. */
  #end(how: (session: Session) => void, type: "idle" | "disconnected"): void {
    const attempt = this.#current;
    if (attempt === undefined) {
      return;
    }
    this.#current = undefined;
    attempt.abort(new ConnectionError(this.#address, "the attempt was cancelled"));
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

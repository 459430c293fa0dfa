import type { SecureContext } from "node:tls";
import type { Channel, ChannelOptions } from "@grpc/grpc-js";
import {
  abortable,
  type ConnectionStatus,
  type Logger,
  objectArgument,
  positiveMs,
  safeLogger,
} from "@loggregator/core";
import type { ClientMiddleware } from "nice-grpc";
import { checkAddress, isLoopback } from "./address.js";
import { ConnectionError } from "./errors.js";
import {
  closeChannel,
  isClosed,
  type OpenChannel,
  type OpenConnection,
  openChannel,
} from "./openChannel.js";
import { ownName, secureContext, type TlsMaterial, type TlsSource } from "./tls.js";

type ChannelInterface = Pick<Channel, keyof Channel>;

/** What a connection needs to know. */
export interface ConnectionOptions {
  /** Where to connect to: `host:port`, `[IPv6]:port` or `unix:path`. */
  readonly address: string;
  /** Certificates and key, or a function that is asked for them at each new connection. */
  readonly tls: TlsSource;
  /** The name that the server's certificate must have, where `tls` does not say. */
  readonly serverName: string;
  /** How long an attempt to connect takes at most, in milliseconds, `tls` included. Default: 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * The time between two keepalive pings in milliseconds, while calls are under way. Servers
   * disconnect clients that ping more often than they allow: the forwarder agent allows one ping
   * every 5 minutes, routers and Reverse Log Proxies one every 10 s.
   *
   * @default 20_000
   */
  readonly keepaliveIntervalMs?: number | undefined;
  /** Options of grpc-js, by their gRPC names. They win over those that are set here. */
  readonly channelOptions?: ChannelOptions | undefined;
  /** Default: silent. */
  readonly logger?: Logger | null | undefined;
  /** Told of `connecting`, `open`, `disconnected` and `idle`. Must not throw. */
  readonly onStatus?: ((status: ConnectionStatus) => void) | undefined;
}

/** Agent and router accept messages up to this size, in bytes. */
export const maxMessageBytes = 10 * 1024 * 1024;

/** A connection that is still there so long after it was closed, in milliseconds, has a peer that does not answer. */
const lingerMs = 1_000;

const defaultChannelOptions: ChannelOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
  // How much of a stream, in bytes, may be under way before the consumer takes it. HTTP/2's own 64 KiB
  // leave a fast server waiting for a third of the time.
  "grpc-node.flow_control_window": 256 * 1024,
  "grpc.keepalive_timeout_ms": 20_000,
  // Connections are ours alone, and end when we end them.
  "grpc.use_local_subchannel_pool": 1,
  // grpc-js's own retries would buffer what is written, and so hide that the server does not read.
  "grpc.enable_retries": 0,
  "grpc.per_rpc_retry_buffer_size": 0,
  // Nobody publishes a service config for an agent; to ask DNS for one takes time and a socket.
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_channelz": 0,
};

/** An attempt to connect, and what came of it. */
interface Attempt {
  readonly ready: Promise<OpenChannel>;
  /** Ends it at once. */
  readonly abort: AbortController;
}

/**
 * One connection to one address, made when it is first needed and made anew when it broke.
 *
 * nice-grpc clients are created once, over `channel` and with `middleware`: the middleware sees to
 * it that the connection is there before each call. It is held open while somebody holds it, and
 * closed when the last one lets go.
 */
export class Connection {
  /** The channel for clients: passes calls on to the connection of the moment. */
  readonly channel: Channel;
  readonly #address: string;
  readonly #target: string;
  readonly #tls: TlsSource;
  readonly #serverName: string;
  readonly #connectTimeoutMs: number;
  readonly #channelOptions: ChannelOptions;
  readonly #logger: Logger;
  readonly #onStatus: (status: ConnectionStatus) => void;
  #users = 0;
  #current: Attempt | undefined;
  /** The last channel that was ready: calls go to it, even in the moment when it breaks. */
  #open: Channel | undefined;

  /**
   * @throws TypeError, RangeError for options that can't be: an address that does not parse,
   * missing certificates; TlsError for certificates that can't be used.
   */
  constructor(options: ConnectionOptions) {
    this.#target = checkAddress(options.address);
    if (typeof options.tls !== "function") secureContext(options.tls);
    if (options.channelOptions !== undefined) {
      objectArgument("channelOptions", options.channelOptions);
    }
    this.#address = options.address;
    this.#tls = options.tls;
    this.#serverName = options.serverName;
    this.#connectTimeoutMs = positiveMs("connectTimeoutMs", options.connectTimeoutMs ?? 10_000);
    this.#channelOptions = {
      ...defaultChannelOptions,
      "grpc.keepalive_time_ms": positiveMs(
        "keepaliveIntervalMs",
        options.keepaliveIntervalMs ?? 20_000,
      ),
      // grpc-js ends an attempt on one of several addresses after this time.
      "grpc.min_reconnect_backoff_ms": this.#connectTimeoutMs,
      // Go's client does not ask the proxy of the environment for its own machine either.
      ...(isLoopback(options.address) && { "grpc.enable_http_proxy": 0 }),
      ...options.channelOptions,
    };
    this.#logger = safeLogger(options.logger);
    this.#onStatus = options.onStatus ?? (() => {});
    this.channel = this.#facade();
  }

  /** Holds the connection open until the returned function is called. */
  acquire(): () => void {
    this.#users++;
    let held = true;
    return () => {
      if (held && --this.#users === 0) this.#end(closeInOrder, "idle");
      held = false;
    };
  }

  /**
   * Waits until the connection is there, making it if need be.
   *
   * @throws ConnectionError when this attempt failed; the next call makes another. The signal's
   * reason when it aborted.
   */
  async ready(signal: AbortSignal): Promise<OpenConnection> {
    signal.throwIfAborted();
    this.#current ??= this.#connect();
    return abortable(signal, this.#current.ready);
  }

  /** Ends the connection of the moment at once, with the calls on it: the next call gets a new one. */
  destroy(): void {
    this.#end(({ destroy }) => destroy(), "disconnected");
  }

  /** nice-grpc middleware: waits until the connection is there, then makes the call. */
  get middleware(): ClientMiddleware {
    const ready = (signal: AbortSignal) => this.ready(signal);
    return async function* (call, options) {
      await ready(options.signal ?? new AbortController().signal);
      return yield* call.next(call.request, options);
    };
  }

  #connect(): Attempt {
    const abort = new AbortController();
    const attempt = { ready: this.#openConnection(abort), abort };
    const ended = (error?: Error) => {
      if (this.#current !== attempt) return;
      this.#current = undefined;
      this.#onStatus({ type: "disconnected", ...(error && { error }) });
    };
    this.#onStatus({ type: "connecting" });
    attempt.ready.then(({ channel, draining }) => {
      this.#logger.debug(`${this.#address}: connected`);
      this.#open = channel;
      if (this.#current === attempt) this.#onStatus({ type: "open" });
      draining.addEventListener("abort", () => {
        this.#logger.debug(`${this.#address}: connection ended`);
        ended();
      });
    }, ended);
    return attempt;
  }

  async #openConnection(abort: AbortController): Promise<OpenChannel> {
    let step = "tls() to give certificates";
    const timer = setTimeout(() => {
      const reason = `expected ${step} within ${this.#connectTimeoutMs} ms, got nothing`;
      abort.abort(new ConnectionError(this.#address, reason));
    }, this.#connectTimeoutMs);
    try {
      const [tls, context] = await this.#credentials(abort.signal);
      step = "the server to answer";
      const target = {
        address: this.#address,
        context,
        ownName: ownName(tls),
        serverName: tls.serverName ?? this.#serverName,
        channelOptions: this.#channelOptions,
      };
      return await openChannel(this.#target, target, abort.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks for the certificates, and checks them: they may have expired since the last time. */
  async #credentials(signal: AbortSignal): Promise<[TlsMaterial, SecureContext]> {
    const source = this.#tls;
    let from = "tls(): ";
    try {
      const given = typeof source === "function" ? Promise.resolve(source()) : source;
      const tls = await (given instanceof Promise ? abortable(signal, given) : given);
      from = "";
      return [tls, secureContext(tls)];
    } catch (cause) {
      signal.throwIfAborted();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(this.#address, `${from}${reason}`, { cause });
    }
  }

  /** Gives the connection of the moment up, or the attempt to make it. */
  #end(how: (open: OpenChannel) => void, type: "idle" | "disconnected"): void {
    const attempt = this.#current;
    if (attempt === undefined) return;
    this.#current = undefined;
    attempt.abort.abort();
    attempt.ready.then(how, () => {});
    this.#onStatus({ type });
  }

  #facade(): Channel {
    const address = this.#address;
    const open = () => {
      const channel = this.#open;
      if (channel === undefined || isClosed(channel)) {
        throw new ConnectionError(address, "expected an open connection, got one that ended");
      }
      return channel;
    };
    const facade: ChannelInterface = {
      createCall: (...call) => open().createCall(...call),
      getConnectivityState: (tryToConnect) => open().getConnectivityState(tryToConnect),
      watchConnectivityState: (...watch) => open().watchConnectivityState(...watch),
      getChannelzRef: () => open().getChannelzRef(),
      getTarget: () => address,
      close: () => this.#end(closeInOrder, "idle"),
    };
    // nice-grpc's types ask for grpc-js's class, which has a private field; its code asks for the interface.
    return facade as Channel;
  }
}

function closeInOrder({ channel, destroy }: OpenChannel): void {
  closeChannel(channel);
  setTimeout(destroy, lingerMs).unref();
}

import { ChannelCredentials, type ChannelOptions, Client, connectivityState } from "@grpc/grpc-js";
import { abortable, rethrowAbortError, throwIfAborted } from "abort-controller-x";
import { type Channel, type ClientMiddleware, createChannel } from "nice-grpc";
import { checkAddress } from "./address.js";
import { ConnectionError } from "./errors.js";
import { type Logger, silentLogger } from "./logger.js";
import { checkTls, secureContext, type TlsMaterial, type TlsSource } from "./tls.js";

type ChannelInterface = Pick<Channel, keyof Channel>;

/** What a connection needs to know. */
export interface ConnectionOptions {
  /** Where to connect to: `host:port`, `[IPv6]:port` or `unix:path`. */
  readonly address: string;
  /** Certificates and key, or a function that is asked for them at each new connection. */
  readonly tls: TlsSource;
  /** The name that the server's certificate must have, where `tls` does not say. */
  readonly serverName: string;
  /** Options of grpc-js, by their gRPC names. They win over those that are set here. */
  readonly channelOptions?: ChannelOptions | undefined;
  readonly logger?: Logger | undefined;
}

/** Agent and router accept messages up to this size, in bytes. */
export const maxMessageBytes = 10 * 1024 * 1024;

const defaultChannelOptions: ChannelOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
  // Servers allow a ping every 10 s. A connection that a firewall cut is noticed after 40 s.
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 20_000,
  // An attempt to connect that nothing comes of ends after this time.
  "grpc.min_reconnect_backoff_ms": 10_000,
  // Connections are ours alone, and end when we end them.
  "grpc.use_local_subchannel_pool": 1,
  // grpc-js's own retries would buffer what is written, and so hide that the server does not read.
  "grpc.enable_retries": 0,
  "grpc.per_rpc_retry_buffer_size": 0,
};

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
  readonly #tls: TlsSource;
  readonly #serverName: string;
  readonly #channelOptions: ChannelOptions;
  readonly #logger: Logger;
  #holders = 0;
  #current: { readonly ready: Promise<Channel>; readonly abort: AbortController } | undefined;
  /** The last channel that was ready: calls go to it, even in the moment when it breaks. */
  #open: Channel | undefined;

  /** @throws TypeError for an address that does not parse or missing certificates; TlsError for certificates that can't be used. */
  constructor(options: ConnectionOptions) {
    checkAddress(options.address);
    if (typeof options.tls !== "function") checkTls(options.tls);
    this.#address = options.address;
    this.#tls = options.tls;
    this.#serverName = options.serverName;
    this.#channelOptions = { ...defaultChannelOptions, ...options.channelOptions };
    this.#logger = options.logger ?? silentLogger;
    this.channel = this.#facade();
  }

  /** Holds the connection open until the returned function is called. */
  hold(): () => void {
    this.#holders++;
    let held = true;
    return () => {
      if (held && --this.#holders === 0) this.#drop();
      held = false;
    };
  }

  /**
   * Waits until the connection is there, making it if need be.
   *
   * @throws ConnectionError when this attempt failed; the next call makes another.
   */
  async ready(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    this.#current ??= this.#connect();
    await abortable(signal, this.#current.ready);
  }

  /** nice-grpc middleware: waits until the connection is there, then makes the call. */
  get middleware(): ClientMiddleware {
    const ready = (signal: AbortSignal) => this.ready(signal);
    return async function* (call, options) {
      await ready(options.signal ?? new AbortController().signal);
      return yield* call.next(call.request, options);
    };
  }

  #connect(): { ready: Promise<Channel>; abort: AbortController } {
    const abort = new AbortController();
    const attempt = { ready: this.#openChannel(abort.signal), abort };
    attempt.ready.then(
      (channel) => {
        this.#logger.debug(`${this.#address}: connected`);
        this.#open = channel;
        // The channel leaves this state when the connection breaks or is to be drained: calls under
        // way go on or fail by themselves, new ones get a new connection.
        channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => {
          this.#logger.debug(`${this.#address}: connection ended`);
          if (this.#current === attempt) this.#current = undefined;
          channel.close();
        });
      },
      () => {
        if (this.#current === attempt) this.#current = undefined;
      },
    );
    return attempt;
  }

  async #openChannel(signal: AbortSignal): Promise<Channel> {
    const [tls, credentials] = await this.#credentials(signal);
    const channel = createChannel(this.#address, credentials, {
      "grpc.ssl_target_name_override": tls.serverName ?? this.#serverName,
      ...this.#channelOptions,
    });
    try {
      await this.#untilReady(channel, signal);
      return channel;
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  async #credentials(signal: AbortSignal): Promise<[TlsMaterial, ChannelCredentials]> {
    try {
      const source = this.#tls;
      const tls = typeof source === "function" ? await abortable(signal, source()) : source;
      checkTls(tls);
      return [tls, ChannelCredentials.createFromSecureContext(secureContext(tls))];
    } catch (cause) {
      rethrowAbortError(cause);
      throw new ConnectionError(this.#address, (cause as Error).message, { cause });
    }
  }

  async #untilReady(channel: Channel, signal: AbortSignal): Promise<void> {
    for (;;) {
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.READY) return;
      if (state === connectivityState.TRANSIENT_FAILURE) throw await this.#failure(channel);
      await abortable(
        signal,
        new Promise<void>((resolve) => {
          channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => resolve());
        }),
      );
    }
  }

  /** Why the channel did not connect. A channel does not say; a call on it does, at once and without leaving the machine. */
  async #failure(channel: Channel): Promise<ConnectionError> {
    const bytes = (value: Buffer) => value;
    const client = new Client(this.#address, ChannelCredentials.createInsecure(), {
      channelOverride: channel,
    });
    const error = await new Promise<Error | null>((resolve) => {
      client.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        bytes,
        bytes,
        Buffer.alloc(0),
        resolve,
      );
    });
    const details = /Last error: (?:Error: )?(.*)$/s.exec(error?.message ?? "")?.[1];
    return new ConnectionError(
      this.#address,
      `expected a server there: ${details ?? error?.message ?? "the connection failed"}`,
      { cause: error },
    );
  }

  /** Nobody holds the connection any more. */
  #drop(): void {
    const current = this.#current;
    this.#current = undefined;
    current?.abort.abort();
    current?.ready.then(
      (channel) => channel.close(),
      () => {},
    );
  }

  #facade(): Channel {
    const address = this.#address;
    const open = () => {
      if (this.#open === undefined) throw new ConnectionError(address, "not connected yet");
      return this.#open;
    };
    const facade: ChannelInterface = {
      createCall: (...call) => open().createCall(...call),
      getConnectivityState: (tryToConnect) => open().getConnectivityState(tryToConnect),
      watchConnectivityState: (...watch) => open().watchConnectivityState(...watch),
      getChannelzRef: () => open().getChannelzRef(),
      getTarget: () => address,
      close: () => this.#drop(),
    };
    // nice-grpc's types ask for grpc-js's class, which has a private field; its code asks for the interface.
    return facade as Channel;
  }
}

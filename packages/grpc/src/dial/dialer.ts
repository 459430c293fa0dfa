import { formatHostPort, linkedTimeout, nonEmptyString, positiveMs } from "@loggregator/core";
import { type Address, parseAddress } from "../address.js";
import { type TransportSettings, transportSettings } from "../channelOptions.js";
import type { ConnectionOptions } from "../connectionOptions.js";
import { ConnectionError } from "../errors.js";
import type { Session } from "../session/session.js";
import { Credentials } from "../tls/credentials.js";
import { ownName } from "../tls/tls.js";
import { connectionFailure } from "./connectionFailure.js";
import { openSession } from "./openSession.js";

/** An attempt to connect, and its outcome. */
export interface Attempt {
  readonly session: Promise<Session>;
  /** Ends the attempt. */
  abort(reason: Error): void;
}

/** Opens connections to one address. */
export class Dialer {
  readonly address: string;
  readonly settings: TransportSettings;
  readonly #target: Address;
  readonly #credentials: Credentials;
  readonly #serverName: string;
  readonly #timeoutMs: number;

  /**
   * @throws OptionTypeError, OptionRangeError for an invalid option; TlsError for certificates that
   * cannot be used.
   */
  constructor(options: ConnectionOptions) {
    const { address, security = "mutual-tls", tls } = options;
    this.address = address;
    this.#target = parseAddress(address);
    this.#credentials = new Credentials(address, security, tls);
    this.#serverName = nonEmptyString("serverName", options.serverName);
    this.#timeoutMs = positiveMs("connectTimeoutMs", options.connectTimeoutMs ?? 10_000);
    this.settings = transportSettings(options, options.channelOptions);
  }

  get isPlainText(): boolean {
    return this.#credentials.isPlainText;
  }

  /** The pseudo-header `:authority` of requests. */
  get authority(): string {
    return this.#target.type === "tcp" ? formatHostPort(this.#target) : "localhost";
  }

  /**
   * Starts an attempt to open a connection. It rejects with a ConnectionError if it fails or exceeds
   * `connectTimeoutMs`.
   */
  dial(): Attempt {
    let step = "tls()";
    const timeout = linkedTimeout(this.#timeoutMs, () => {
      const reason = `timed out after ${this.#timeoutMs} ms, waiting for ${step}`;
      return new ConnectionError(this.address, reason);
    });
    const session = this.#open(timeout.signal, (next) => {
      step = next;
    }).finally(() => timeout.abort());
    return { session, abort: timeout.abort };
  }

  async #open(signal: AbortSignal, onStep: (step: string) => void): Promise<Session> {
    const { tls, context } = await this.#credentials.load(signal);
    try {
      return await openSession(
        {
          ...this.settings,
          address: this.#target,
          secureContext: context,
          serverName: tls?.serverName ?? this.#serverName,
          onStep,
        },
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      throw connectionFailure(this.address, error, tls && ownName(tls));
    }
  }
}

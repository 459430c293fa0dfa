import type { ConnectionStatus, Logger } from "@loggregator/core";
import type { ChannelOptions, TransportOptions } from "./channelOptions.js";
import type { Security } from "./tls/credentials.js";
import type { PartialTlsSource } from "./tls/partialSecureContext.js";
import type { TlsSource } from "./tls/tls.js";

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

import type { Envelope } from "@loggregator/api";
import type { Message } from "@loggregator/rfc5424";

/** A client's certificate that was verified. */
export interface ClientCertificate {
  /** The common name of its subject. */
  readonly subject: string;
  /** The SHA-256 of the certificate, as hex digits between colons. */
  readonly fingerprint256: string;
}

/** Where a message came from. One object for all messages of a request or connection. */
export interface DrainBinding {
  /** `http` for `https` and `https-batch` drains, whose requests look the same. */
  readonly transport: "http" | "syslog-tls" | "syslog";
  /**
   * The path of the drain's URL with its query, over HTTP: `/my-drain?drain-data=all`. Give each
   * binding a path of its own to tell them apart.
   */
  readonly path?: string | undefined;
  /** The user that authenticated with a name and password. */
  readonly user?: string | undefined;
  /** The verified certificate of the client, if it has one. */
  readonly certificate?: ClientCertificate | undefined;
  /** The address of the client or of a proxy before the receiver. */
  readonly remoteAddress?: string | undefined;
}

/** A message that was received. */
export interface DrainMessage {
  /** The envelope that the message was made of: see `toEnvelope`. */
  readonly envelope: Envelope;
  /** The message as it came. Of gauges that were joined, the first one. */
  readonly message: Message;
  readonly binding: DrainBinding;
}

import type { Envelope } from "@loggregator/api";
import type { Message } from "@loggregator/rfc5424";

/** A client's certificate that was verified. */
export interface ClientCertificate {
  /** The common name of its subject. */
  readonly subject: string;
  /** The SHA-256 of the certificate, as hex digits between colons. */
  readonly fingerprint256: string;
}

/** The origin of a message. All messages of a request or connection share one object. */
export interface DrainBinding {
  /** `http` for `https` and `https-batch` drains, whose requests look the same. */
  readonly transport: "http" | "syslog-tls" | "syslog";
  /**
   * The path of the drain's URL with its query, over HTTP: `/my-drain?drain-data=all`. Use a
   * different path for each binding to distinguish them.
   */
  readonly path?: string | undefined;
  /** The user that authenticated with a name and password. */
  readonly user?: string | undefined;
  /** The verified certificate of the client, if it has one. */
  readonly certificate?: ClientCertificate | undefined;
  /** The address of the client, or of a proxy in front of the receiver. */
  readonly remoteAddress?: string | undefined;
}

/** A message that was received. */
export interface DrainMessage {
  /** The envelope from which the message was created: see `toEnvelope`. */
  readonly envelope: Envelope;
  /** The received message; for joined gauges, the first one. */
  readonly message: Message;
  readonly binding: DrainBinding;
}

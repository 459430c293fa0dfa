/** A kind of problem of a receiver. */
export type DrainProblemCode =
  /** The host name is not found. */
  | "name-not-found"
  /** Nothing listens on the port. */
  | "connection-refused"
  /** The connection or the answer takes too long. */
  | "timeout"
  /** The connection fails in another way. */
  | "unreachable"
  /** The certificate has expired, or is not valid yet. */
  | "certificate-expired"
  /** The certificate is not for the host name. */
  | "certificate-name"
  /** The server does not send the certificates between its own and the authority. */
  | "missing-intermediate"
  /** The certificate was issued by an authority that is not trusted. */
  | "unknown-authority"
  /** The certificate is not for servers. */
  | "certificate-usage"
  /** The server requires a client certificate, or rejects that of the client. */
  | "client-certificate"
  /** The scheme of the URL requires TLS, but the server expects plain text. */
  | "plain-text"
  /** The scheme of the URL is for plain text, but the server expects TLS. */
  | "tls-expected"
  /** TLS fails in another way, such as no common version. */
  | "tls"
  /** The proxy of the environment cannot be used. */
  | "proxy"
  /** The answer is a redirect, which drains do not follow. */
  | "redirect"
  /** The answer is 401 or 403. */
  | "unauthorized"
  /** The answer has a status other than 2xx. */
  | "http-status"
  /** The server closes the connection instead of reading. */
  | "closed"
  /** The server accepts connections and does not read from them. */
  | "not-reading"
  /** Messages did not arrive at the receiving side. */
  | "messages-lost"
  /** Not an error: a certificate expires within 30 days. */
  | "expires-soon"
  /** Not an error: an operator's scheme without encryption. */
  | "unencrypted";

/** A problem of a receiver, and what to do about it. Each is one line. */
export interface DrainProblem {
  readonly code: DrainProblemCode;
  /** A warning does not prevent messages from arriving. */
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly remedy: string;
}

/** Thrown to stop a check, as further steps cannot succeed. */
export class DrainCheckFailure extends Error {
  override readonly name = "DrainCheckFailure";
  readonly problem: DrainProblem;

  constructor(code: DrainProblemCode, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = { code, severity: "error", message, remedy };
  }
}

/** Returns the failure for a URL without TLS, if the server has it. */
export function tlsExpected(): DrainCheckFailure {
  return new DrainCheckFailure(
    "tls-expected",
    "the server speaks TLS, but the URL's scheme means plain text",
    "use syslog-tls:// instead of syslog://, or https:// instead of http://",
  );
}

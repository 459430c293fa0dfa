import { ConnectionError, TlsError, type TlsOrigin } from "../errors.js";
import { closedByServer, DialError, type DialStep } from "./dialError.js";

/** The explanation of a TLS or system error code. */
interface Meaning {
  readonly codes: RegExp;
  readonly reason: (ownName: string | undefined) => string;
  /** Set if certificates are the cause. */
  readonly isTls?: true;
  /** The option that contains the cause. */
  readonly origin?: TlsOrigin;
}

const meanings: readonly Meaning[] = [
  {
    codes: /^ECONNREFUSED$/,
    reason: () => "connection refused; is the server running and listening on this port?",
  },
  { codes: /^ENOENT$/, reason: () => "no socket exists at this path; is the server running?" },
  {
    codes: /^(?:ENOTFOUND|EAI_\w+)$/,
    reason: () => "the host name cannot be resolved; check the address",
  },
  {
    codes: /^CERT_HAS_EXPIRED$/,
    reason: () => "the server's certificate has expired",
    isTls: true,
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    reason: () =>
      "the server's certificate is not valid yet; is the clock of this machine correct?",
    isTls: true,
  },
  {
    codes:
      /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|INVALID_\w+)$/,
    reason: () => "the server's certificate is not signed by one of these authorities",
    isTls: true,
    origin: { option: "tls.ca" },
  },
  {
    codes: /ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)/,
    reason: (ownName) =>
      ownName === undefined
        ? "the server requires a client certificate"
        : `the server rejected the certificate ${ownName}`,
    isTls: true,
    origin: { option: "tls.cert" },
  },
  {
    codes: /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE/,
    reason: () => "the server does not speak TLS",
  },
  {
    codes: /NO_APPLICATION_PROTOCOL|ERR_HTTP2_ERROR/,
    reason: () => "the server does not speak HTTP/2, so it is not a gRPC server",
  },
  {
    codes: /PROTOCOL_VERSION|HANDSHAKE_FAILURE|UNSUPPORTED_PROTOCOL|INSUFFICIENT_SECURITY/,
    reason: () => "the server supports neither TLS 1.2 nor TLS 1.3 with the ciphers of Loggregator",
  },
];

/**
 * Creates the error for a connection that could not be opened, with the system's message.
 *
 * @param ownName The name in the client's certificate, for messages. Undefined without one.
 */
export function connectionFailure(
  address: string,
  error: unknown,
  ownName: string | undefined,
): ConnectionError {
  const { cause = error } = error as Error;
  const step = error instanceof DialError ? error.step : "connect";
  if (cause instanceof TlsError) {
    return tlsFailure(address, step, cause);
  }
  // The system's message ends with the address, too.
  const details = detailsOf(error as Error, cause).replace(` ${address}`, "");
  const code = String((cause as NodeJS.ErrnoException).code ?? "");
  const meaning = step === "proxy" ? undefined : meanings.find(({ codes }) => codes.test(code));
  if (meaning !== undefined) {
    const reason = `${meaning.reason(ownName)} (${details})`;
    if (!meaning.isTls) {
      return new ConnectionError(address, reason, { cause, step });
    }
    return tlsFailure(address, step, new TlsError(reason, meaning.origin, { cause }));
  }
  const isClosed = /^(?:ECONNRESET|EPIPE)$/.test(code) || details === closedByServer;
  if (isClosed && (step === "tls" || step === "http2")) {
    if (ownName === undefined) {
      const reason =
        "the server closed the connection during the handshake; it may require TLS, or a client certificate";
      return new ConnectionError(address, reason, { cause, step });
    }
    const reason = `the server closed the connection during the handshake; it may not accept the certificate ${ownName}`;
    return tlsFailure(address, step, new TlsError(reason, { option: "tls.cert" }, { cause }));
  }
  return new ConnectionError(address, details, { cause, step });
}

function tlsFailure(address: string, step: DialStep, cause: TlsError): ConnectionError {
  return new ConnectionError(address, cause.message, { cause, step });
}

/** Returns the system's message, or the reason in a message of OpenSSL. */
function detailsOf(error: Error, cause: unknown): string {
  const { reason } = cause as { reason?: unknown };
  const openssl = /:SSL routines:[^:]*:([^:]*):/.exec(error.message)?.[1];
  return typeof reason === "string" ? reason : (openssl ?? error.message);
}

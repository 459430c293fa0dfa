import { ConnectionError, TlsError } from "./errors.js";

interface Explanation {
  readonly pattern: RegExp;
  readonly reason: (ownName: string) => string;
  /** Whether certificates are at fault. */
  readonly tls?: true;
}

/**
 * What grpc-js says of a connection that could not be made is text, from OpenSSL and Node.js for
 * the most part; this is what it means.
 */
const explanations: readonly Explanation[] = [
  {
    pattern: /certificate has expired/,
    reason: () => "expected the server's certificate to be valid now, got one that has expired",
    tls: true,
  },
  {
    pattern: /certificate is not yet valid/,
    reason: () =>
      "expected the server's certificate to be valid now, got one that is not valid yet",
    tls: true,
  },
  {
    pattern: /self-signed certificate|unable to (?:get|verify)|certificate signature failure/,
    reason: () =>
      "expected the server's certificate to be signed by an authority in tls.ca, got one that is not",
    tls: true,
  },
  {
    pattern: /alert (?:.*certificate|unknown ca|access denied|decrypt error)/,
    reason: (ownName) =>
      `expected the server to accept our certificate ${ownName} (tls.cert), got a refusal`,
    tls: true,
  },
  {
    pattern: /wrong version number|packet length too long|http request|unexpected message/,
    reason: () => "expected a server that speaks TLS, got one that does not",
  },
  {
    pattern: /no application protocol|Protocol error/,
    reason: () => "expected a gRPC server, got one that does not speak HTTP/2",
  },
  {
    pattern: /protocol version|handshake failure|unsupported protocol/,
    reason: () => "expected a server with TLS 1.2 or 1.3 and a cipher of ours, got another",
  },
  {
    pattern: /Failed to connect|disconnected before secure|ECONNRESET|EPIPE|hang up|Socket closed/,
    reason: (ownName) =>
      `expected a TLS handshake, but the server closed the connection: it may not accept our certificate ${ownName} (tls.cert)`,
  },
  {
    pattern: /Name resolution failed|Failed to parse DNS address|No addresses resolved/,
    reason: () => "expected a host name that resolves, got one that does not",
  },
  { pattern: /ECONNREFUSED|ENOENT/, reason: () => "expected a server there, got none" },
];

/**
 * The error for a connection that could not be made.
 *
 * @param error What a call on the channel failed with.
 * @param ownName The name in our certificate.
 * @param tlsError What our own check of the server's certificate found.
 */
export function connectionFailure(
  address: string,
  error: Error | null,
  ownName: string,
  tlsError: TlsError | undefined,
): ConnectionError {
  if (tlsError !== undefined) {
    return new ConnectionError(address, tlsError.message, { cause: tlsError });
  }
  const details = detailsOf(error);
  const known = explanations.find(({ pattern }) => pattern.test(details));
  const reason = `${known?.reason(ownName) ?? "expected a connection, got none"} (${details})`;
  const cause = known?.tls ? new TlsError(reason, { cause: error }) : error;
  return new ConnectionError(address, reason, { cause });
}

/** The last error beneath, without what grpc-js and OpenSSL put around it. */
function detailsOf(error: Error | null): string {
  const message = error?.message ?? "";
  const last = /Last error: (?:Error: )?(.*?)\.? ?Resolution note:/s.exec(message)?.[1] ?? message;
  const openssl = /:SSL routines:[^:]*:([^:]*):/.exec(last)?.[1] ?? last;
  return openssl
    .replace(/^14 UNAVAILABLE: /, "")
    .replace(/ \(\d{4}-[^)]*Z\)$/, "")
    .trim();
}

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "./drainMessage.js";

/** Returns the client's certificate, if there is one and the server has verified it. */
export function peerCertificate(socket: Socket): ClientCertificate | undefined {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  if (authorized !== true || getPeerCertificate === undefined) {
    return undefined;
  }
  const certificate = (socket as TLSSocket).getPeerCertificate();
  // It is empty for a resumed session without a certificate.
  if (certificate.fingerprint256 === undefined) {
    return undefined;
  }
  const { CN } = certificate.subject;
  return {
    subject: String(Array.isArray(CN) ? CN[0] : (CN ?? "")),
    fingerprint256: certificate.fingerprint256,
  };
}

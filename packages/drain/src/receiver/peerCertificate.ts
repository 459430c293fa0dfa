import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "./drainMessage.js";

/** The certificate of the client, if it has one and the server has verified it. */
export function peerCertificate(socket: Socket): ClientCertificate | undefined {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  if (authorized !== true || getPeerCertificate === undefined) {
    return undefined;
  }
  const certificate = (socket as TLSSocket).getPeerCertificate();
  // Of a resumed session without a certificate, it is empty.
  if (certificate.fingerprint256 === undefined) {
    return undefined;
  }
  const { CN } = certificate.subject;
  return {
    subject: String(Array.isArray(CN) ? CN[0] : (CN ?? "")),
    fingerprint256: certificate.fingerprint256,
  };
}

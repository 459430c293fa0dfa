import { generateKeyPairSync } from "node:crypto";
import type { CertificateAndKey } from "../src/index.js";
import { createCertificate } from "../src/tls/createCertificate.js";

/** A self-signed RSA certificate: the emulator's own authority issues ECDSA only. */
export async function rsaCertificate(name: string): Promise<CertificateAndKey> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const cert = createCertificate({
    subject: name,
    issuer: name,
    publicKey,
    issuerPublicKey: publicKey,
    issuerKey: privateKey,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 3_600_000),
    isAuthority: false,
    altNames: [name],
  });
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

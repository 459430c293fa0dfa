import "reflect-metadata";
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  type Extension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

cryptoProvider.set(globalThis.crypto);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
export const hourMs = 3_600_000;

export interface Identity {
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
  readonly cert: string;
  readonly key: string;
}

interface IdentityOptions {
  readonly name: string;
  readonly altNames?: readonly string[];
  readonly isAuthority?: boolean;
  readonly notAfter?: Date;
  readonly notBefore?: Date;
  readonly usages?: readonly string[];
  /**
   * Whether it contains the URL of its issuer's certificate, like certificates of public
   * authorities.
   */
  readonly namesIssuer?: boolean;
}

/** Issues a certificate. Without an issuer it is self-signed. */
export async function issue(options: IdentityOptions, issuer?: Identity): Promise<Identity> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const extensions: Extension[] = [new BasicConstraintsExtension(options.isAuthority ?? false)];
  if (!options.isAuthority) {
    const names = options.altNames ?? ["localhost"];
    extensions.push(
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
      new ExtendedKeyUsageExtension([...(options.usages ?? ["1.3.6.1.5.5.7.3.1"])]),
    );
  }
  if (options.namesIssuer) {
    extensions.push(
      new AuthorityInfoAccessExtension({ caIssuers: "http://authority.example/issuer.crt" }),
    );
  }
  if (issuer) {
    extensions.push(await AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey));
  }
  const certificate = await X509CertificateGenerator.create({
    serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex"),
    subject: `CN=${options.name}`,
    issuer: issuer?.certificate.subject ?? `CN=${options.name}`,
    notBefore: options.notBefore ?? new Date(Date.now() - 48 * hourMs),
    notAfter: options.notAfter ?? new Date(Date.now() + 90 * 24 * hourMs),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: algorithm,
    extensions,
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate,
    keys,
    cert: certificate.toString("pem"),
    key: PemConverter.encode(pkcs8, "PRIVATE KEY"),
  };
}

export const root = await issue({ name: "Test Root", isAuthority: true });
export const intermediate = await issue(
  { name: "Test Intermediate", isAuthority: true, namesIssuer: true },
  root,
);
/** The identity of a receiver, issued by the intermediate authority. */
export const good = await issue({ name: "receiver", namesIssuer: true }, intermediate);
export const client = await issue({ name: "client", usages: ["1.3.6.1.5.5.7.3.2"] }, root);

/** A receiver's certificate with that of the intermediate authority. */
export const chain = (identity: Identity) => ({
  cert: `${identity.cert}\n${intermediate.cert}`,
  key: identity.key,
});

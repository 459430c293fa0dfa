import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import {
  bitString,
  boolean,
  der,
  integer,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from "./der.js";

/** The contents of a certificate. */
export interface CertificateContents {
  /** The common name of its owner. */
  readonly subject: string;
  readonly publicKey: KeyObject;
  /** The common name of the authority. */
  readonly issuer: string;
  readonly issuerPublicKey: KeyObject;
  /** The authority's key: ECDSA P-256 or RSA. */
  readonly issuerKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Whether the owner may issue certificates. */
  readonly isAuthority: boolean;
  /** Host names and IP addresses. */
  readonly altNames: readonly string[];
}

const oids = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  sha256WithRsa: "1.2.840.113549.1.1.11",
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
};

const certSignAndCrlSign = bitString(Buffer.from([0b0000_0110]), 1);
const digitalSignature = bitString(Buffer.from([0b1000_0000]), 7);

/** Creates and signs an X.509 v3 certificate (RFC 5280), and returns it as PEM. */
export function createCertificate(contents: CertificateContents): string {
  const { publicKey, issuerKey } = contents;
  const algorithm =
    issuerKey.asymmetricKeyType === "rsa"
      ? sequence(objectIdentifier(oids.sha256WithRsa), nothing)
      : sequence(objectIdentifier(oids.ecdsaWithSha256));
  const version3 = der(0xa0, integer(Buffer.from([2])));
  // A positive number of 16 bytes, whose first is not 0.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  const toBeSigned = sequence(
    version3,
    integer(serial),
    algorithm,
    distinguishedName(contents.issuer),
    sequence(time(contents.notBefore), time(contents.notAfter)),
    distinguishedName(contents.subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions(contents))),
  );
  const signature = sign("sha256", toBeSigned, issuerKey);
  return pem(sequence(toBeSigned, algorithm, bitString(signature)));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier(oids.commonName), utf8String(commonName))));
}

function extensions(contents: CertificateContents): Buffer[] {
  const { publicKey, issuerPublicKey, isAuthority, altNames } = contents;
  const all = [
    extension(oids.basicConstraints, true, sequence(...(isAuthority ? [boolean(true)] : []))),
    extension(oids.keyUsage, true, isAuthority ? certSignAndCrlSign : digitalSignature),
    extension(oids.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
    extension(
      oids.authorityKeyIdentifier,
      false,
      sequence(der(0x80, keyIdentifier(issuerPublicKey))),
    ),
  ];
  if (!isAuthority) {
    const usages = [oids.serverAuth, oids.clientAuth].map(objectIdentifier);
    all.push(extension(oids.extendedKeyUsage, false, sequence(...usages)));
  }
  if (altNames.length > 0) {
    all.push(extension(oids.subjectAltName, false, sequence(...altNames.map(altName))));
  }
  return all;
}

function extension(oid: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [boolean(true)] : [];
  return sequence(objectIdentifier(oid), ...critical, octetString(value));
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash("sha1")
    .update(key.export({ type: "spki", format: "der" }))
    .digest();
}

function altName(name: string): Buffer {
  if (isIPv4(name)) {
    return der(0x87, Buffer.from(name.split(".").map(Number)));
  }
  if (isIPv6(name)) {
    return der(0x87, ipv6Bytes(name));
  }
  return der(0x82, Buffer.from(name, "latin1"));
}

/** The 16 bytes of an IPv6 address. */
function ipv6Bytes(address: string): Buffer {
  // The URL parser writes an IPv4 address at the end as hexadecimal groups.
  const normal = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = normal.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = new Array<string>(8 - left.length - right.length).fill("0");
  const bytes = Buffer.alloc(16);
  for (const [i, group] of [...left, ...zeros, ...right].entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * i);
  }
  return bytes;
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

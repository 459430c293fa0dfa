import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type IssueOptions,
} from "@loggregator/emulator";

/** The certificates of one end of a connection with mutual TLS, as PEM. */
export interface TlsIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority with a certificate for a server and one for a client. */
export interface Certificates {
  readonly authority: CertificateAuthority;
  readonly server: TlsIdentity;
  /** For the option `tls` of clients. */
  readonly client: TlsIdentity;
}

/** Creates an authority and issues certificates, for the server name "metron" by default. */
export async function createCertificates(
  server: IssueOptions = { commonName: "metron" },
): Promise<Certificates> {
  const authority = await createCertificateAuthority();
  const ca = authority.certificate;
  return {
    authority,
    server: { ca, ...(await authority.issue(server)) },
    client: { ca, ...(await authority.issue({ commonName: "client" })) },
  };
}

/** Certificate files in a temporary folder. */
export interface CertificateFiles extends AsyncDisposable {
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/** Writes an identity to files, which are removed by disposing the result. */
export async function writeCertificates({ ca, cert, key }: TlsIdentity): Promise<CertificateFiles> {
  const directory = await mkdtemp(join(tmpdir(), "loggregator-certificates-"));
  const [caPath, certPath, keyPath] = ["ca.crt", "tls.crt", "tls.key"].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  await Promise.all([writeFile(caPath, ca), writeFile(certPath, cert), writeFile(keyPath, key)]);
  return {
    caPath,
    certPath,
    keyPath,
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
    },
  };
}

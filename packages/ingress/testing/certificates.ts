import {
  type CertificateAuthority,
  createCertificateAuthority,
  type IssueOptions,
} from "@loggregator/emulator";

/** An authority with what it issued to an agent and to a client. */
export interface Certificates {
  readonly authority: CertificateAuthority;
  /** For servers: `ca`, `cert` and `key`. */
  readonly server: ServerCertificates;
  /** For clients: the option `tls`. */
  readonly client: ServerCertificates;
}

export interface ServerCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

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

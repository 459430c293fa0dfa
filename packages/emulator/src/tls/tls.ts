import { createSecureContext } from "node:tls";
import {
  type CertificateAndKey,
  type CertificateAuthority,
  createCertificateAuthority,
  type IssueOptions,
} from "./certificates.js";

/** What a client needs to connect, all PEM but the name. */
export interface ClientTls {
  /** The authority that issued the server's certificate. */
  readonly ca: string;
  /** The client's certificate: the server asks for one. */
  readonly cert: string;
  readonly key: string;
  /** The name that the server's certificate is to be checked for. */
  readonly serverName: string;
}

/** Ready for the clients. Passed on as the option `tls` it makes another emulator that they trust. */
export interface EmulatorTls {
  /** For ingress clients; its server name is `metron`. */
  readonly ingress: ClientTls;
  /** For egress clients; its server name is `reverselogproxy`. */
  readonly egress: ClientTls;
  /** For clients of the gateway's HTTPS: whom to trust. */
  readonly gateway: { readonly ca: string };
  /** Issues further certificates; undefined where the certificates were given. */
  readonly authority: CertificateAuthority | undefined;
}

/** Certificates other than the emulator's own. What is left out is issued by the authority. */
export interface EmulatorTlsOptions {
  /** Default: a new one, where `ca` is not given either. */
  readonly authority?: CertificateAuthority | undefined;
  /** PEM; whom to trust, instead of an authority: `metron`, `reverselogproxy`, `rlpGateway` and `client` come with it. */
  readonly ca?: string | undefined;
  /** The ingress server's. Default: for `metron`, `localhost`, `127.0.0.1` and `::1`. */
  readonly metron?: CertificateAndKey | undefined;
  /** The egress server's. Default: for `reverselogproxy`, `localhost`, `127.0.0.1` and `::1`. */
  readonly reverselogproxy?: CertificateAndKey | undefined;
  /** The gateway's. Default: for `localhost`, `127.0.0.1` and `::1`. */
  readonly rlpGateway?: CertificateAndKey | undefined;
  /** What `emulator.tls` gives to clients. Default: one for `loggregator-client`. */
  readonly client?: CertificateAndKey | undefined;
}

/** One server's side of mutual TLS, PEM. */
export interface ServerTls extends CertificateAndKey {
  /** Who may have issued the clients' certificates. */
  readonly ca: string;
}

/** All of the emulator's certificates. */
export interface PreparedTls {
  readonly clients: EmulatorTls;
  readonly ingress: ServerTls;
  readonly egress: ServerTls;
  readonly gateway: CertificateAndKey;
}

const here = ["localhost", "127.0.0.1", "::1"];
const subjects = {
  metron: { commonName: "metron", altNames: ["metron", ...here] },
  reverselogproxy: { commonName: "reverselogproxy", altNames: ["reverselogproxy", ...here] },
  rlpGateway: { commonName: "rlp-gateway", altNames: here },
  client: { commonName: "loggregator-client" },
} satisfies Record<string, IssueOptions>;

/** @throws TypeError where a certificate is missing, is not PEM, or does not fit its key */
export async function prepareTls(options: EmulatorTlsOptions): Promise<PreparedTls> {
  const authority =
    options.authority ??
    (options.ca === undefined ? await createCertificateAuthority() : undefined);
  const ca = options.ca ?? authority?.certificate ?? "";

  const certificate = async (name: keyof typeof subjects) => {
    const given = options[name];
    if (given !== undefined) {
      check(name, ca, given);
      return given;
    }
    if (authority === undefined) {
      throw new TypeError(
        `tls.${name}: expected a certificate and key, because tls.ca is given without an authority that could issue one; got undefined`,
      );
    }
    return authority.issue(subjects[name]);
  };
  const [metron, reverselogproxy, rlpGateway, client] = await Promise.all([
    certificate("metron"),
    certificate("reverselogproxy"),
    certificate("rlpGateway"),
    certificate("client"),
  ]);

  return {
    clients: {
      ingress: { ca, ...client, serverName: "metron" },
      egress: { ca, ...client, serverName: "reverselogproxy" },
      gateway: { ca },
      authority,
    },
    ingress: { ca, ...metron },
    egress: { ca, ...reverselogproxy },
    gateway: rlpGateway,
  };
}

function check(name: string, ca: string, { cert, key }: CertificateAndKey): void {
  try {
    createSecureContext({ ca, cert, key });
  } catch (cause) {
    throw new TypeError(
      `tls.${name}: expected a PEM certificate with the PEM key that belongs to it, got ${String(cause)}`,
      { cause },
    );
  }
}

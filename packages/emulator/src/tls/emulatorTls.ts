import { createSecureContext } from "node:tls";
import { checkOptionNames, errorText, OptionTypeError } from "@loggregator/core";
import {
  type CertificateAndKey,
  type CertificateAuthority,
  createCertificateAuthority,
  type IssueOptions,
} from "./certificateAuthority.js";

/** The certificates that a client needs to connect, as PEM, and the server's name. */
export interface ClientTls {
  /** The authority that issued the server's certificate. */
  readonly ca: string;
  /** The client's certificate, which the server requires. */
  readonly cert: string;
  readonly key: string;
  /** The name that the server's certificate must have. */
  readonly serverName: string;
}

/**
 * Values for the option `tls` of clients. If it is passed to another emulator as an option, clients
 * trust that one too.
 */
export interface EmulatorTls {
  /** For ingress clients; the server name is `metron`. */
  readonly ingress: ClientTls;
  /** For egress clients; the server name is `reverselogproxy`. */
  readonly egress: ClientTls;
  /** For clients of the router; the server name is `doppler`. */
  readonly router: ClientTls;
  /** For clients of the gateway's HTTPS: the authority to trust. */
  readonly gateway: { readonly ca: string };
  /** For gRPC clients of log-cache; the server name is `log-cache`. */
  readonly logCache: ClientTls;
  /** For OTLP over gRPC; the server name is `otel-collector`. */
  readonly otlp: ClientTls;
  /** Issues further certificates. Undefined if the certificates were given. */
  readonly authority: CertificateAuthority | undefined;
}

/** Certificates to use instead of the emulator's own. Missing ones are issued by the authority. */
export interface EmulatorTlsOptions {
  /** The authority that issues missing certificates. @default a new one, unless `ca` is given */
  readonly authority?: CertificateAuthority | undefined;
  /**
   * The authority to trust, PEM, instead of one that can issue certificates. `metron`,
   * `reverselogproxy`, `rlpGateway` and `client` are required with it.
   *
   * @default that of `authority`
   */
  readonly ca?: string | undefined;
  /**
   * The ingress server's certificate. @default one for `metron`, `localhost`, `127.0.0.1` and `::1`
   */
  readonly metron?: CertificateAndKey | undefined;
  /**
   * The egress server's certificate. @default one for `reverselogproxy`, `localhost`, `127.0.0.1`
   * and `::1`
   */
  readonly reverselogproxy?: CertificateAndKey | undefined;
  /** The router's certificate. @default one for `doppler`, `localhost`, `127.0.0.1` and `::1` */
  readonly doppler?: CertificateAndKey | undefined;
  /** The gateway's certificate. @default one for `localhost`, `127.0.0.1` and `::1` */
  readonly rlpGateway?: CertificateAndKey | undefined;
  /**
   * Log-cache's certificate.
   *
   * @default one for `log-cache`, `log_cache`, `logcache`, `localhost`, `127.0.0.1` and `::1`
   */
  readonly logCacheServer?: CertificateAndKey | undefined;
  /**
   * The OTLP receiver's certificate. @default one for `otel-collector`, `localhost`, `127.0.0.1`
   * and `::1`
   */
  readonly otelCollector?: CertificateAndKey | undefined;
  /** The client certificate in `emulator.tls`. @default one for `loggregator-client` */
  readonly client?: CertificateAndKey | undefined;
}

/** A server's side of mutual TLS, PEM. */
export interface ServerTls extends CertificateAndKey {
  /** The authority that must have issued the clients' certificates. */
  readonly ca: string;
}

/** All of the emulator's certificates. */
export interface PreparedTls {
  readonly clients: EmulatorTls;
  readonly ingress: ServerTls;
  readonly egress: ServerTls;
  readonly router: ServerTls;
  readonly gateway: CertificateAndKey;
  readonly logCache: ServerTls;
  readonly otlp: ServerTls;
}

const here = ["localhost", "127.0.0.1", "::1"];
const subjects = {
  metron: { commonName: "metron", altNames: ["metron", ...here] },
  reverselogproxy: { commonName: "reverselogproxy", altNames: ["reverselogproxy", ...here] },
  doppler: { commonName: "doppler", altNames: ["doppler", ...here] },
  rlpGateway: { commonName: "rlp-gateway", altNames: here },
  logCacheServer: {
    commonName: "log-cache",
    altNames: ["log-cache", "log_cache", "logcache", ...here],
  },
  otelCollector: { commonName: "otel-collector", altNames: ["otel-collector", ...here] },
  client: { commonName: "loggregator-client" },
} satisfies Record<string, IssueOptions>;

/** @throws OptionTypeError if a certificate is missing, is not PEM, or does not belong to its key. */
export async function prepareTls(options: EmulatorTlsOptions): Promise<PreparedTls> {
  // Accepts the names of `EmulatorTls`, so that an emulator's certificates can be passed to the
  // next one.
  checkOptionNames<EmulatorTlsOptions & EmulatorTls>("tls", options, {
    authority: true,
    ca: true,
    metron: true,
    reverselogproxy: true,
    doppler: true,
    rlpGateway: true,
    client: true,
    ingress: true,
    egress: true,
    router: true,
    gateway: true,
    logCacheServer: true,
    logCache: true,
    otelCollector: true,
    otlp: true,
  });
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
      const expected = "a certificate and its key, as tls.ca is given without tls.authority";
      throw new OptionTypeError(`tls.${name}`, expected, "undefined");
    }
    return authority.issue(subjects[name]);
  };
  // If certificates are given, these are optional: the RLP's is used instead.
  const optional = (name: "doppler" | "logCacheServer" | "otelCollector") =>
    certificate(options.ca !== undefined && options[name] === undefined ? "reverselogproxy" : name);
  const [metron, reverselogproxy, doppler, rlpGateway, logCacheServer, otelCollector, client] =
    await Promise.all([
      certificate("metron"),
      certificate("reverselogproxy"),
      optional("doppler"),
      certificate("rlpGateway"),
      optional("logCacheServer"),
      optional("otelCollector"),
      certificate("client"),
    ]);

  return {
    clients: {
      ingress: { ca, ...client, serverName: "metron" },
      egress: { ca, ...client, serverName: "reverselogproxy" },
      router: { ca, ...client, serverName: "doppler" },
      gateway: { ca },
      logCache: { ca, ...client, serverName: "log-cache" },
      otlp: { ca, ...client, serverName: "otel-collector" },
      authority,
    },
    ingress: { ca, ...metron },
    egress: { ca, ...reverselogproxy },
    router: { ca, ...doppler },
    gateway: rlpGateway,
    logCache: { ca, ...logCacheServer },
    otlp: { ca, ...otelCollector },
  };
}

function check(name: string, ca: string, given: CertificateAndKey): void {
  // Accepts the other names of `ClientTls`, so that one can be passed.
  checkOptionNames<ClientTls>(`tls.${name}`, given, {
    cert: true,
    key: true,
    ca: true,
    serverName: true,
  });
  const { cert, key } = given;
  try {
    createSecureContext({ ca, cert, key });
  } catch (cause) {
    const expected = "a PEM certificate and the PEM key that belongs to it";
    throw new OptionTypeError(`tls.${name}`, expected, errorText(cause));
  }
}

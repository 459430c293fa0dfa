import { createCertificateAuthority, type IssueOptions } from "@loggregator/emulator";
import type { ServerTls } from "./serverProcess.js";

/** An authority's certificates for all servers and clients, by default for a year. */
export async function issueTls(validity: Pick<IssueOptions, "notAfter"> = {}) {
  const authority = await createCertificateAuthority();
  const servers = async (options = validity) => ({
    metron: await authority.issue({ commonName: "metron", ...options }),
    reverselogproxy: await authority.issue({ commonName: "reverselogproxy", ...options }),
    rlpGateway: await authority.issue({
      commonName: "localhost",
      altNames: ["localhost", "127.0.0.1"],
      ...options,
    }),
  });
  const client = await authority.issue({ commonName: "client" });
  const ca = authority.certificate;
  const server: ServerTls = { ca, client, ...(await servers()) };
  return { authority, server, client: { ca, ...client }, servers };
}

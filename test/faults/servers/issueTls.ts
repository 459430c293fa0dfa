import { createCertificateAuthority, type IssueOptions } from "@loggregator/emulator";
import type { ServerTls } from "./serverProcess.js";

/** Creates a CA and issues certificates for all servers and clients, by default for a year. */
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
  const ca = authority.certificate;
  const client = async (options = validity) => ({
    ca,
    ...(await authority.issue({ commonName: "client", ...options })),
  });
  const own = await client();
  const server: ServerTls = { ca, client: own, ...(await servers()) };
  return {
    server,
    client: own,
    /** Replaces all certificates by new ones that are valid for a year. */
    async renew() {
      this.server = { ca, client: this.client, ...(await servers({})) };
      this.client = await client({});
    },
  };
}

import type { IssueOptions } from "@loggregator/emulator";
import { GrpcTestServer } from "@loggregator/testing";
import { createCertificates } from "@loggregator/testing/certificates";
import { Connection, type ConnectionOptions } from "../src/index.js";

/** Made anew for each test file. */
export const { authority, server, client } = await createCertificates();

/** A signal that does not abort. */
export const ever = new AbortController().signal;

/** A connection that trusts `server`. */
export function connectionTo(
  address: string,
  options: Partial<ConnectionOptions> = {},
): Connection {
  return new Connection({ address, tls: client, serverName: "metron", ...options });
}

/** An agent with another certificate of the same authority. */
export const agentWith = async (options: IssueOptions) =>
  GrpcTestServer.startAgent({ ...server, ...(await authority.issue(options)) });

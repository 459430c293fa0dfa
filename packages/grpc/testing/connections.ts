import type { IssueOptions } from "@loggregator/emulator";
import { GrpcTestServer } from "@loggregator/testing";
import { createCertificates } from "@loggregator/testing/certificates";
import { Connection, type ConnectionOptions } from "../src/index.js";

/** Created once per test file. */
export const { authority, server, client } = await createCertificates();

/** A signal that never aborts. */
export const ever = new AbortController().signal;

/** A connection that trusts `server`. */
export function connectionTo(
  address: string,
  options: Partial<ConnectionOptions> = {},
): Connection {
  return new Connection({ address, tls: client, serverName: "metron", ...options });
}

/** Starts an agent with another certificate of the same authority. */
export const agentWith = async (options: IssueOptions) =>
  GrpcTestServer.startAgent({ ...server, ...(await authority.issue(options)) });

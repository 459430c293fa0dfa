import { DrainSender, type DrainSenderOptions } from "../src/index.js";
import { certificates } from "./certificates.js";

/** Creates a sender that trusts the servers of this test file, and does not log. */
export function createSender(options: DrainSenderOptions): DrainSender {
  const { ca } = certificates.server;
  return new DrainSender({ tls: { ca }, hostname: "-", logger: null, ...options });
}

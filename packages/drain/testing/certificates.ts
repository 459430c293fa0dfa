import { type Certificates, createCertificates } from "@loggregator/testing/certificates";

/** Certificates for `localhost` and 127.0.0.1. Each call creates another authority. */
export function localCertificates(): Promise<Certificates> {
  return createCertificates({ commonName: "localhost", altNames: ["localhost", "127.0.0.1"] });
}

/** The certificates of this test file. */
export const certificates = await localCertificates();

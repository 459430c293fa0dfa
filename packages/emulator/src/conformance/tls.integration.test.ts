// TLS of the gRPC endpoints with `realism: "strict"`, one test for each fact observed of real ones.
import { once } from "node:events";
import { connect } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rsaCertificate } from "../../testing/rsaCertificates.js";
import { shakeHands } from "../../testing/tlsConnection.js";
import {
  type CertificateAndKey,
  type ClientTls,
  createCertificateAuthority,
  type Emulator,
  startEmulator,
} from "../index.js";

let emulator: Emulator;

beforeEach(async () => {
  emulator = await startEmulator({ realism: "strict", logger: null });
});

afterEach(async () => {
  await emulator.close();
});

describe.each(["ingress", "egress", "router", "logCache"] as const)("TLS of %s:", (endpoint) => {
  /** Connects with TLS 1.3 as a client with this certificate. */
  const connectAs = (certificate: CertificateAndKey | undefined, ciphers?: string) => {
    const { ca, serverName } = emulator.tls[endpoint];
    const tls = { ca, serverName, ...certificate } as ClientTls;
    return shakeHands(emulator[endpoint].address, tls, { ...(ciphers && { ciphers }) });
  };

  test("without a certificate: the alert `certificate required`", async () => {
    await expect(connectAs(undefined)).rejects.toThrow(/alert certificate required/);
  });

  test.each(["loggregator emulator CA", "other CA"])(
    "a certificate of an unknown authority, %s: the alert `unknown ca`",
    async (commonName) => {
      const stranger = await createCertificateAuthority({ commonName });
      const certificate = await stranger.issue({ commonName: "client" });
      await expect(connectAs(certificate)).rejects.toThrow(/alert unknown ca/);
    },
  );

  test.each(["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])(
    "an expired certificate: the alert `certificate expired`, with %s",
    async (suite) => {
      const expired = await emulator.tls.authority?.issue({
        commonName: "client",
        notAfter: new Date("2020-01-01"),
      });
      await expect(connectAs(expired, suite)).rejects.toThrow(/alert certificate expired/);
    },
  );

  test("any certificate of the authority is accepted, whatever its name", async () => {
    await connectAs(await emulator.tls.authority?.issue({ commonName: "anything" }));
  });

  test("without ALPN h2 the connection is closed after the handshake", async () => {
    const { ca, cert, key, serverName } = emulator.tls[endpoint];
    const [host = "", port] = emulator[endpoint].address.split(":");
    const socket = connect({ host, port: Number(port), ca, cert, key, servername: serverName });
    const bytes: Buffer[] = [];
    socket.on("error", () => {});
    socket.on("data", (chunk) => bytes.push(chunk));
    const closed = once(socket, "close");
    await once(socket, "secureConnect");
    await closed;
    expect(Buffer.concat(bytes).toString()).toBe("");
  });

  test.each(["ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-SHA256", "AES128-GCM-SHA256"])(
    "%s is refused on 1.2",
    async (ciphers) => {
      const names = {
        ingress: "metron",
        egress: "reverselogproxy",
        router: "doppler",
        logCache: "log-cache",
      };
      const certificate = await rsaCertificate(names[endpoint]);
      await using withRsa = await startEmulator({
        realism: "strict",
        tls: {
          ca: certificate.cert,
          metron: certificate,
          reverselogproxy: certificate,
          doppler: certificate,
          rlpGateway: certificate,
          logCacheServer: certificate,
          client: certificate,
        },
      });
      const { address } = withRsa[endpoint];
      const options = { maxVersion: "TLSv1.2", ciphers } as const;
      await expect(shakeHands(address, withRsa.tls[endpoint], options)).rejects.toThrow(
        /handshake failure/,
      );
      await shakeHands(address, withRsa.tls[endpoint], {
        maxVersion: "TLSv1.2",
        ciphers: "ECDHE-RSA-AES128-GCM-SHA256",
      });
    },
  );
});

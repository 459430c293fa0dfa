// Endpoints and TLS as docs/protocol.md describes them, one test for each fact.
import { Status } from "nice-grpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GrpcClients } from "../../testing/grpcClients.js";
import { rsaCertificate } from "../../testing/rsaCertificates.js";
import { shakeHands } from "../../testing/tlsConnection.js";
import { type ClientTls, type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ realism: "strict", logger: null });
});

afterAll(async () => {
  await emulator.close();
});

// The gateway and v1 are tested in files of their own.
describe.each([
  ["agent ingress, v2: gRPC loggregator.v2.Ingress", "ingress", "metron"],
  ["RLP egress: gRPC loggregator.v2.Egress", "egress", "reverselogproxy"],
  ["log-cache: gRPC logcache.v1", "logCache", "log-cache"],
] as const)("%s", (_, endpoint, serverName) => {
  test(`TLS is mutual, and the client checks the server name ${serverName}`, async () => {
    const { address } = emulator[endpoint];
    const tls = emulator.tls[endpoint];
    expect(tls.serverName).toBe(serverName);
    const { alpnProtocol, authorized } = await shakeHands(address, tls);
    expect({ alpnProtocol, authorized }).toEqual({ alpnProtocol: "h2", authorized: true });

    const anonymous = { ...tls, cert: undefined, key: undefined } as unknown as ClientTls;
    await expect(shakeHands(address, anonymous)).rejects.toThrow(/certificate/i);
    const misnamed = { ...tls, serverName: "other" };
    await expect(shakeHands(address, misnamed)).rejects.toThrow(/other/);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("%s is supported", async (version) => {
    const options = { minVersion: version, maxVersion: version };
    await shakeHands(emulator[endpoint].address, emulator.tls[endpoint], options);
  });

  test("TLS below 1.2 is refused", async () => {
    // Security level 0: otherwise OpenSSL does not offer versions below 1.2.
    const old = {
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    } as const;
    await expect(
      shakeHands(emulator[endpoint].address, emulator.tls[endpoint], old),
    ).rejects.toThrow(/protocol version/);
  });
});

describe("on TLS 1.2 with RSA certificates,", () => {
  let withRsa: Emulator;

  beforeAll(async () => {
    const metron = await rsaCertificate("metron");
    withRsa = await startEmulator({
      realism: "strict",
      logger: null,
      tls: {
        ca: metron.cert,
        metron,
        reverselogproxy: metron,
        rlpGateway: metron,
        client: metron,
      },
    });
  });

  afterAll(async () => {
    await withRsa.close();
  });

  test.each(["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"])(
    "%s is accepted",
    async (ciphers) => {
      const { ingress, tls } = withRsa;
      const options = { maxVersion: "TLSv1.2", ciphers } as const;
      await shakeHands(ingress.address, tls.ingress, options);
    },
  );
});

test("a client's re-issued certificate is accepted like the previous one", async () => {
  const { authority, ingress } = emulator.tls;
  const cert = await authority?.issue({ commonName: "loggregator-client" });
  await using clients = new GrpcClients({
    ...emulator,
    tls: { ...emulator.tls, ingress: { ...ingress, ...cert } },
  });
  await clients.ingress.send({ batch: [] });
});

test("an endpoint only has its own service", async () => {
  await using clients = new GrpcClients({
    ...emulator,
    ingress: emulator.egress,
    tls: { ...emulator.tls, ingress: emulator.tls.egress },
  });
  await expect(clients.ingress.send({ batch: [] })).rejects.toMatchObject({
    code: Status.UNIMPLEMENTED,
  });
});

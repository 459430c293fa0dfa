import { Status } from "nice-grpc";
import { expect, test } from "vitest";
import { send } from "../../testing/send.js";
import { createCertificateAuthority, startEmulator } from "../index.js";

const unavailable = expect.objectContaining({ code: Status.UNAVAILABLE });

test("the server names are metron and reverselogproxy", async () => {
  await using emulator = await startEmulator();
  const { ingress, egress } = emulator.tls;
  expect([ingress.serverName, egress.serverName]).toEqual(["metron", "reverselogproxy"]);
  await send(emulator.ingress.address, ingress);
  await send(emulator.ingress.address, { ...ingress, serverName: "localhost" });
  await expect(
    send(emulator.ingress.address, { ...ingress, serverName: "reverselogproxy" }),
  ).rejects.toEqual(unavailable);
});

test("a client without a certificate is refused", async () => {
  await using emulator = await startEmulator();
  const { ca, serverName } = emulator.tls.ingress;
  await expect(send(emulator.ingress.address, { ca, serverName })).rejects.toEqual(unavailable);
  expect(emulator.stats.received).toBe(0);
});

test("a client with an expired certificate, or one from another authority, is refused", async () => {
  await using emulator = await startEmulator();
  const { address } = emulator.ingress;
  const { authority, ingress } = emulator.tls;
  const expired = await authority?.issue({
    commonName: "client",
    notAfter: new Date(Date.now() - 1000),
  });
  await expect(send(address, { ...ingress, ...expired })).rejects.toEqual(unavailable);

  const stranger = await createCertificateAuthority();
  const foreign = await stranger.issue({ commonName: "client" });
  await expect(send(address, { ...ingress, ...foreign })).rejects.toEqual(unavailable);
  expect(emulator.stats.received).toBe(0);
});

test("a client that trusts another authority refuses the emulator", async () => {
  await using emulator = await startEmulator();
  const { certificate: ca } = await createCertificateAuthority();
  await expect(send(emulator.ingress.address, { ...emulator.tls.ingress, ca })).rejects.toEqual(
    unavailable,
  );
});

test("a given certificate is presented: here an expired one", async () => {
  const authority = await createCertificateAuthority();
  const metron = await authority.issue({
    commonName: "metron",
    notAfter: new Date(Date.now() - 1000),
  });
  await using emulator = await startEmulator({ tls: { authority, metron } });
  await expect(send(emulator.ingress.address, emulator.tls.ingress)).rejects.toMatchObject({
    details: expect.stringContaining("expired"),
  });
});

test("certificates may all be given", async () => {
  const authority = await createCertificateAuthority();
  const ca = authority.certificate;
  const [metron, reverselogproxy, rlpGateway, client] = await Promise.all(
    ["metron", "reverselogproxy", "localhost", "me"].map((commonName) =>
      authority.issue({ commonName }),
    ),
  );
  await using emulator = await startEmulator({
    tls: { ca, metron, reverselogproxy, rlpGateway, client },
  });
  expect(emulator.tls.gateway).toEqual({ ca });
  expect(emulator.tls.ingress).toEqual({ ca, ...client, serverName: "metron" });
  expect(emulator.tls.authority).toBeUndefined();
  await send(emulator.ingress.address, emulator.tls.ingress);
});

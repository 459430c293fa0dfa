import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { logEnvelope } from "@loggregator/api";
import {
  createCertificateAuthority,
  type IssueOptions,
  startEmulator,
} from "@loggregator/emulator";
import { Recorder, reserveTcpPort, TcpProxy } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { logs, Reading } from "../testing/reading.js";
import { ConnectionError, EnvelopeStreamConnector, Status } from "./index.js";

describe("connection failures", () => {
  test.each<{ what: string; wrong?: Partial<IssueOptions>; stranger?: true; says: RegExp }>([
    { what: "no server listens", says: /ECONNREFUSED/ },
    {
      what: "the server's certificate is for another name",
      wrong: { commonName: "metron" },
      says: /is for "DNS:metron", not for "reverselogproxy"/,
    },
    {
      what: "the server's certificate has expired",
      wrong: { notAfter: new Date("2020-01-01") },
      says: /expired/,
    },
    {
      what: "the server's certificate is signed by an unknown authority",
      stranger: true,
      says: /unable to verify|issuer|self-signed/,
    },
  ])(
    "are reported if $what, and the stream opens once that is fixed",
    async ({ wrong, stranger, says }) => {
      const authority = await createCertificateAuthority();
      const client = await authority.issue({ commonName: "a client" });
      const issuer = stranger ? await createCertificateAuthority() : authority;
      await using port = await reserveTcpPort();
      const egress = { address: port.address };

      const bad =
        (wrong ?? stranger) &&
        (await startEmulator({
          egress,
          tls: {
            authority,
            reverselogproxy: await issuer.issue({ commonName: "reverselogproxy", ...wrong }),
          },
        }));
      const { certificate: ca } = authority;
      await using reading = new Reading({ ...egress, tls: { ca, ...client } });
      await reading.failures.count(3);
      for (const { error } of reading.failures.values) {
        expect(error).toBeInstanceOf(ConnectionError);
        expect(error.message).toMatch(says);
        expect(error).toMatchObject({ address: egress.address, code: Status.UNAVAILABLE });
      }
      await bad?.close();
      await using fixed = await startEmulator({ egress, tls: { authority } });
      await fixed.until(({ egressStreams }) => egressStreams === 1);
      fixed.emit(logEnvelope("x"));
      await reading.batches.count(1);
    },
  );

  test("are reported and retried if the server rejects the client's certificate", async () => {
    await using emulator = await startEmulator();
    const stranger = await createCertificateAuthority();
    let tls = { ...emulator.tls.egress, ...(await stranger.issue({ commonName: "a client" })) };
    await using reading = new Reading({ address: emulator.egress.address, tls: async () => tls });
    await reading.failures.count(2);
    expect(reading.failures.values[0]?.error).toMatchObject({ code: Status.UNAVAILABLE });
    tls = emulator.tls.egress;
    await emulator.until(({ egressStreams }) => egressStreams === 1);
  });

  test("are reported if tls() fails, and the stream opens once it returns certificates", async () => {
    await using emulator = await startEmulator();
    const cause = new Error("the files are being written");
    let asked = 0;
    await using reading = new Reading({
      address: emulator.egress.address,
      tls: async () => {
        if (++asked < 3) {
          throw cause;
        }
        return emulator.tls.egress;
      },
    });
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    expect(reading.failures.values).toHaveLength(2);
    expect(reading.failures.values[0]?.error).toMatchObject({ name: "ConnectionError", cause });
  });

  test("time out and are retried if the server does not respond", async () => {
    await using emulator = await startEmulator();
    await using proxy = await TcpProxy.to(emulator.egress.address);
    proxy.freeze();
    await using reading = new Reading({
      address: proxy.address,
      tls: emulator.tls.egress,
      connectTimeoutMs: 200,
    });
    await reading.failures.count(1);
    expect(reading.failures.values[0]?.error).toMatchObject({ name: "ConnectionError" });
    proxy.thaw();
    await emulator.until(({ egressStreams }) => egressStreams === 1);
  });

  test("are retried with the backoff of one stream, for any number of waiting streams", async () => {
    let attempts = 0;
    const refuser = createServer((socket) => {
      attempts++;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await once(refuser, "listening");
    const authority = await createCertificateAuthority();
    const tls = {
      ca: authority.certificate,
      ...(await authority.issue({ commonName: "a client" })),
    };
    const failures = new Recorder<number>();
    await using connector = new EnvelopeStreamConnector({
      address: `127.0.0.1:${(refuser.address() as AddressInfo).port}`,
      tls,
      onRetryableError: (_, attempt) => failures.add(attempt),
    });
    const reads = Array.from({ length: 100 }, () => connector.stream(logs).next());
    await failures.until((all) => all.filter((attempt) => attempt === 4).length === 100);
    // Each stream alone would make 4 attempts. The number of streams that share an attempt depends
    // on the load of the machine.
    expect(attempts).toBeLessThan(100);
    await connector[Symbol.asyncDispose]();
    await Promise.all(reads);
    refuser.close();
    await once(refuser, "close");
  });
});

import "reflect-metadata";
import { selectLog } from "@loggregator/api";
import { batchEvent, FakeGateway, take } from "@loggregator/testing";
import * as x509 from "@peculiar/x509";
import { Agent, fetch } from "undici";
import { expect, test } from "vitest";
import { RlpGatewayClient } from "./rlpGatewayClient.js";

const request = { selectors: [selectLog()] };

async function selfSigned(): Promise<{ cert: string; key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=gateway",
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: cert.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
}

test("streams share one HTTP/2 connection, and each is closed when its loop ends", async () => {
  const identity = await selfSigned();
  await using gateway = await FakeGateway.start(async (connection, index) => {
    connection.open();
    for (let i = 0; i < 500; i++) {
      await connection.send(`${index % 2}/${i}`);
    }
    if (index > 1) {
      return;
    }
    await connection.write(batchEvent("half").slice(0, 30));
    connection.end();
  }, identity);
  const agent = new Agent({ allowH2: true, connect: { ca: identity.cert } });
  const client = new RlpGatewayClient({
    url: gateway.url,
    token: "the-token",
    retry: { baseDelayMs: 1 },
    fetch: (url, init) => fetch(url, { ...init, dispatcher: agent }),
  });
  const expected = Array.from({ length: 1_000 }, (_, i) => i % 500);
  const all = await Promise.all([
    take(client.stream(request), 1_000),
    take(client.stream(request), 1_000),
  ]);
  for (const taken of all) {
    expect(taken.map((text) => Number(text.slice(2)))).toEqual(expected);
  }
  await Promise.all(gateway.connections.map(({ closed }) => closed));
  expect(gateway.connections).toHaveLength(4);
  for (const { request: sent } of gateway.connections) {
    expect(sent.httpVersion).toBe("2.0");
    expect(sent.headers.authorization).toBe("bearer the-token");
  }
  expect(new Set(gateway.connections.map(({ request: sent }) => sent.socket.remotePort)).size).toBe(
    1,
  );
  await agent.close();
});

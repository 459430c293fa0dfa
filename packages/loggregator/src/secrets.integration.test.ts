import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { selectLog } from "@loggregator/api";
import { EnvelopeStreamConnector, loadEgressTls } from "@loggregator/egress";
import { createCertificateAuthority, startEmulator } from "@loggregator/emulator";
import { IngressClient, loadIngressTls, type TlsMaterial } from "@loggregator/ingress";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { expect, test } from "vitest";

const token = "t0k3n.of-a/real+size.eyJhbGciOiJSUzI1NiIsImtpZCI6ImtleS0xIn0";
const channels = ["ingress", "egress"].flatMap((client) =>
  ["batch", "drop", "reconnect"].map((name) => `loggregator:${client}:${name}`),
);

test("no error, log, channel, status or stats contains a key or a token after any failure", async () => {
  const said: unknown[] = [];
  const say = (...all: unknown[]) => said.push(all);
  const logger = { debug: say, info: say, warn: say, error: say };
  for (const channel of channels) {
    subscribe(channel, say);
  }
  const emulator = await startEmulator({ logger, gateway: { tokens: { [token]: "all" } } });
  const { ingress, egress, gateway } = emulator;
  const good = emulator.tls.ingress;
  const stranger = await createCertificateAuthority();
  const other = await stranger.issue({ commonName: "client" });
  const expired = await stranger.issue({ commonName: "client", notAfter: new Date("2020-01-01") });

  const materials: TlsMaterial[] = [
    good,
    { ...good, serverName: "somebody-else" },
    { ...good, ca: stranger.certificate },
    { ...good, ...other },
    { ...good, ...expired },
    { ...good, key: other.key },
    { ...good, key: good.key.slice(0, 300) },
    { ...good, key: `${good.key.slice(0, 200)}!!${good.key.slice(202)}` },
    { ...good, cert: good.key },
    { ...good, ca: good.key },
    { ...good, serverName: { key: good.key } as never },
  ];
  await failToLoad(materials, say);

  async function emit(delivery: "stream" | "acknowledged", tls: TlsMaterial): Promise<void> {
    const client = new IngressClient({
      address: ingress.address,
      tls: async () => tls,
      delivery,
      flushIntervalMs: 1,
      retry: { baseDelayMs: 5, maxDelayMs: 10 },
      closeTimeoutMs: 200,
      maxQueueSize: 2,
      logger,
      onRetryableError: say,
      onDropped: say,
    });
    collect(client.status(), say);
    for (let i = 0; i < 3; i++) {
      client.emitLog("hello");
    }
    await client.emitEvent("a", "b").catch(say);
    await client.closeSend().catch(say);
    say(client, client.stats);
  }

  async function readEgress(tls: TlsMaterial): Promise<void> {
    await using connector = new EnvelopeStreamConnector({
      address: egress.address,
      tls: async () => ({ ...tls, serverName: tls.serverName ?? "reverselogproxy" }),
      retry: { baseDelayMs: 5, maxDelayMs: 10, maxAttempts: 3 },
      onRetryableError: say,
      connectTimeoutMs: 1_000,
      logger,
    });
    collect(connector.status(), say);
    await readFor(connector.stream({ selectors: [selectLog()] }, endIf(tls === good)), say);
    say(connector, connector.stats);
  }

  async function readGateway(options: Partial<{ url: string; token: string }>): Promise<void> {
    await using client = new RlpGatewayClient({
      url: gateway.url,
      token,
      retry: { baseDelayMs: 5, maxAttempts: 2 },
      logger,
      onRetryableError: say,
      onInvalidEvent: say,
      ...options,
    });
    collect(client.status(), say);
    await readFor(
      client.stream({ selectors: [selectLog()] }, endIf(Object.keys(options).length === 0)),
      say,
    );
    say(client, client.stats);
  }

  const everything = () =>
    Promise.all([
      ...materials.flatMap((tls) => [emit("stream", tls), emit("acknowledged", tls)]),
      ...materials.map(readEgress),
      readGateway({}),
      readGateway({ token: `${token}-but-not-quite` }),
      readGateway({ url: `${gateway.url}/elsewhere` }),
      readGateway({ url: `http://${ingress.address}` }),
    ]);
  await everything();
  await emulator.close();
  await everything();
  for (const channel of channels) {
    unsubscribe(channel, say);
  }

  const text = inspect(said, {
    depth: 30,
    showHidden: true,
    maxStringLength: null,
    maxArrayLength: null,
  });
  const failures = ["ConnectionError", "IngressError", "EgressError", "TlsError", "TypeError"];
  failures.push("GatewayResponseError", "RetriesExhaustedError", "it is not the private");
  expect(failures.filter((failure) => !text.includes(failure))).toEqual([]);
  // PEM, and its first bytes as hexadecimal and decimal text.
  const secrets = ["t0k3n", "PRIVATE KEY-----", "2d 2d 2d 2d 2d 42", "45, 45, 45, 45, 45, 66"];
  for (const { key } of [good, other, expired]) {
    const lines = key.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
    expect(lines.length).toBeGreaterThan(2);
    secrets.push(...lines.map((line) => line.slice(0, 20)));
  }
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
});

/** Returns the messages for TLS material that constructors and loaders reject. */
async function failToLoad(
  materials: readonly TlsMaterial[],
  say: (error: unknown) => void,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "secrets-"));
  const paths = ["ca", "cert", "key"].map((name) => join(folder, name)) as [string, string, string];
  const [caPath, certPath, keyPath] = paths;
  for (const tls of materials) {
    try {
      new IngressClient({ tls });
      new EnvelopeStreamConnector({ tls, address: "127.0.0.1:1" });
    } catch (error) {
      say(error);
    }
    await Promise.all([
      writeFile(caPath, tls.ca),
      writeFile(certPath, tls.cert),
      writeFile(keyPath, tls.key),
    ]);
    await loadIngressTls({ caPath, certPath, keyPath }).catch(say);
    await loadEgressTls({ caPath, certPath: keyPath, keyPath: certPath }).catch(say);
  }
  await rm(folder, { recursive: true });
}

/** Ends a stream that works; others end by themselves. */
function endIf(works: boolean): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(works ? 200 : 20_000) };
}

async function collect(
  statuses: AsyncIterable<unknown>,
  say: (status: unknown) => void,
): Promise<void> {
  for await (const status of statuses) {
    say(status);
  }
}

async function readFor(
  stream: AsyncIterable<unknown>,
  say: (error: unknown) => void,
): Promise<void> {
  try {
    for await (const _ of stream) {
    }
  } catch (error) {
    say(error);
  }
}

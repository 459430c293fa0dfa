import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { startEmulator } from "@loggregator/emulator";
import { reserveTcpPort } from "@loggregator/testing";
import { createCertificates } from "@loggregator/testing/certificates";
import { expect, test, vi } from "vitest";
import { emitNumbers } from "../testing/envelopes.js";
import { type ConnectionStatus, IngressClient } from "./index.js";

/** Collects the messages of a diagnostics channel until `stop()`. */
function listen(name: string) {
  const messages: unknown[] = [];
  const listener = (message: unknown) => messages.push(message);
  subscribe(name, listener);
  return { messages, stop: () => unsubscribe(name, listener) };
}

test("channels and status() report batches, drops and retries, and never a key", async () => {
  const channels = ["batch", "drop", "reconnect"].map((name) =>
    listen(`loggregator:ingress:${name}`),
  );
  const [batches, drops, reconnects] = channels.map(({ messages }) => messages);
  await using port = await reserveTcpPort();
  const { address } = port;
  const emulator = await startEmulator({ ingress: { address } });
  const client = new IngressClient({
    address,
    tls: emulator.tls.ingress,
    batchMaxSize: 10,
    maxQueueSize: 20,
    retry: { baseDelayMs: 5, maxDelayMs: 10 },
  });
  const statuses = client.status();
  const seen: ConnectionStatus[] = [(await statuses.next()).value as ConnectionStatus];
  const untilStatus = async (type: ConnectionStatus["type"]) => {
    while (seen.at(-1)?.type !== type) {
      const { value } = await statuses.next();
      seen.push(value as ConnectionStatus);
    }
  };
  emitNumbers(client, 0, 20);
  await client.flush();
  await untilStatus("open");
  await emulator.close();
  await untilStatus("retrying");
  emitNumbers(client, 20, 25);
  const again = await startEmulator({ ingress: { address }, tls: emulator.tls });
  await client.closeSend();
  await untilStatus("closed");
  expect(await statuses.next()).toEqual({ done: true, value: undefined });
  await again.close();
  for (const { stop } of channels) {
    stop();
  }

  expect(batches?.slice(0, 2)).toEqual([
    { address, count: 10, bytes: expect.any(Number) },
    { address, count: 10, bytes: expect.any(Number) },
  ]);
  expect(drops).toEqual([{ address, count: 5 }]);
  expect(reconnects?.[0]).toEqual({
    address,
    error: expect.any(Error),
    delayMs: expect.any(Number),
  });
  const types = seen.map(({ type }) => type);
  expect(types.slice(0, 3)).toEqual(["idle", "connecting", "open"]);
  expect(types).toContain("disconnected");
  const said = inspect([seen, batches, drops, reconnects, client.stats], { depth: 20 });
  expect(said).not.toContain("PRIVATE KEY");
  expect(said).not.toContain(emulator.tls.ingress.key.split("\n")[1]);
});

test("a key that does not match appears in no error, log, channel or status", async () => {
  const { client: good, authority } = await createCertificates();
  const { key } = await authority.issue({ commonName: "another" });
  const said: unknown[] = [];
  const log = (message: string) => said.push(message);
  const { messages, stop } = listen("loggregator:ingress:reconnect");
  expect(() => new IngressClient({ tls: { ...good, key } })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining(key) }),
  );
  const abort = new AbortController();
  const failed = new Promise<void>((resolve) => {
    const client = new IngressClient({
      address: "127.0.0.1:1",
      tls: async () => ({ ...good, key: `${key.slice(0, 60)}\n-----END PRIVATE KEY-----\n` }),
      logger: { debug: log, info: log, warn: log, error: log },
      onRetryableError: (error) => {
        said.push(error, client.stats);
        resolve();
      },
      signal: abort.signal,
    });
    (async () => {
      for await (const status of client.status()) {
        said.push(status);
      }
    })();
    client.emitLog("x");
  });
  await failed;
  abort.abort();
  stop();
  const text = inspect([said, messages], { depth: 20, maxStringLength: 1e6 });
  expect(text).toContain("tls.key");
  expect(text).not.toContain(key.slice(30, 60));
});

test("nothing is published without subscribers", async () => {
  const spies = ["batch", "drop", "reconnect"].map((name) =>
    vi.spyOn(channel(`loggregator:ingress:${name}`), "publish"),
  );
  await using emulator = await startEmulator();
  const client = new IngressClient({
    address: emulator.ingress.address,
    tls: emulator.tls.ingress,
    maxQueueSize: 10,
  });
  emitNumbers(client, 0, 20);
  await client.closeSend();
  expect(client.stats).toMatchObject({ sent: 10, dropped: 10 });
  for (const spy of spies) {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});

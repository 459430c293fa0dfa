import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { logEnvelope } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { TcpProxy } from "@loggregator/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

describe.each([undefined, { size: 10 }])("a process whose streams have the buffer %o", (buffer) => {
  test.each(["break", "exception"])("exits after %s", async (way) => {
    const child = start({ way, buffer });
    await sendBatch(child);
    expect(await exitOf(child)).toBe(0);
  });

  test("exits after an abort", async () => {
    const child = start({ buffer });
    const reading = says(child, "reading");
    await sendBatch(child);
    await reading;
    child.send("abort");
    expect(await exitOf(child)).toBe(0);
  });

  test("exits after an error", async () => {
    expect(await exitOf(start({ way: "error", buffer }))).toBe(0);
  });

  test("keeps running while it tries to connect, and exits after an abort", async () => {
    const child = start({ buffer, address: "127.0.0.1:1" });
    for (let failures = 0; failures < 4; failures++) {
      await says(child, "failed");
    }
    child.send("abort");
    expect(await exitOf(child)).toBe(0);
  });
});

test("a process exits after an abort of an attempt to connect", async () => {
  await using proxy = await TcpProxy.to(emulator.egress.address);
  proxy.freeze();
  const child = start({ address: proxy.address });
  await proxy.connected();
  child.send("abort");
  expect(await exitOf(child)).toBe(0);
});

test("a process exits after an abort while certificates are awaited", async () => {
  const child = start({ way: "abort while certificates are awaited" });
  await says(child, "started");
  child.send("abort");
  expect(await exitOf(child)).toBe(0);
});

test("a process exits after an abort on a connection that transfers nothing", async () => {
  await using proxy = await TcpProxy.to(emulator.egress.address);
  const child = start({ address: proxy.address });
  const reading = says(child, "reading");
  await sendBatch(child);
  await reading;
  proxy.freeze();
  child.send("abort");
  expect(await exitOf(child)).toBe(0);
});

function start(options: object): ChildProcess {
  const { address } = emulator.egress;
  const all = { address, tls: emulator.tls.egress, ...options };
  return fork(new URL("../testing/endsByItself.mjs", import.meta.url), [JSON.stringify(all)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

/** Waits for the child's stream and sends it one batch. */
async function sendBatch(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit").then(() => Promise.reject(new Error("it ended too early")));
  await Promise.race([gone, emulator.until(({ egressStreams }) => egressStreams === 1)]);
  gone.catch(() => {});
  emulator.emit(logEnvelope("x"));
}

async function says(child: ChildProcess, what: string): Promise<void> {
  for (;;) {
    const [message] = await once(child, "message");
    if (message === what) {
      return;
    }
  }
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, "exit");
  await emulator.until(({ egressStreams }) => egressStreams === 0);
  return code;
}

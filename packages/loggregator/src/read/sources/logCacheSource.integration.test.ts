import { logEnvelope, logText, selectLog } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { expect, test } from "vitest";
import { logCacheSource } from "./logCacheSource.js";

test.concurrent("follows matching sources, including ones that start later", async () => {
  await using emulator = await startEmulator({ gateway: { tokens: { good: "all" } } });
  const log = (app: string, text: string) =>
    emulator.emit(logEnvelope(text, { sourceId: `guid-of-${app}`, tags: { app_name: app } }));
  log("cart-web", "before the start");
  // This envelope must not end the search for new sources.
  emulator.emit(logEnvelope("without a source id"));
  log("other", "of another app");
  const messages: string[] = [];
  const { source, sourceIds } = await logCacheSource(
    { logCacheUrl: emulator.logCache.url, token: "good", apps: ["cart-.*"] },
    (message) => messages.push(message),
    50,
  );
  expect(sourceIds).toEqual(["guid-of-cart-web"]);

  const ending = new AbortController();
  const texts: (string | undefined)[] = [];
  const reading = (async () => {
    for await (const batch of source.read([selectLog()], ending.signal)) {
      texts.push(...batch.map((envelope) => logText(envelope)));
      if (texts.includes("of a new app")) {
        ending.abort();
      }
    }
  })();
  // Until it is read: the loop looks for new sources every 50 ms.
  const timer = setInterval(() => {
    log("cart-worker", "of a new app");
    log("other", "of another app");
  }, 100);
  await reading;
  clearInterval(timer);
  expect(new Set(texts)).toEqual(new Set(["of a new app"]));
  expect(messages).toEqual([]);
});

test.concurrent("waits for the first source that matches", async () => {
  await using emulator = await startEmulator({ gateway: { tokens: { good: "all" } } });
  const messages: string[] = [];
  const { source, sourceIds } = await logCacheSource(
    { logCacheUrl: emulator.logCache.url, token: "good", apps: ["cart"] },
    (message) => messages.push(message),
    50,
  );
  expect(sourceIds).toEqual(["cart"]);
  const ending = new AbortController();
  const timer = setInterval(() => {
    emulator.emit(logEnvelope("hello", { sourceId: "guid", tags: { app_name: "cart" } }));
  }, 100);
  for await (const batch of source.read([selectLog()], ending.signal)) {
    expect(batch[0]?.sourceId).toBe("guid");
    ending.abort();
  }
  clearInterval(timer);
});

test.concurrent("reads a new source from its start, though the clock of this machine is ahead", async () => {
  await using emulator = await startEmulator({ gateway: { tokens: { good: "all" } } });
  const hourMs = 3_600_000;
  emulator.faults.logCache.skewClock(-hourMs);
  const { source } = await logCacheSource(
    { logCacheUrl: emulator.logCache.url, token: "good", apps: ["cart-.*"] },
    () => {},
    50,
  );
  const ending = new AbortController();
  const timestamp = BigInt(Date.now() - hourMs) * 1_000_000n;
  emulator.emit(logEnvelope("first", { sourceId: "cart-web", timestamp }));
  for await (const batch of source.read([selectLog()], ending.signal)) {
    expect(batch.map((envelope) => logText(envelope))).toEqual(["first"]);
    ending.abort();
  }
});

test.concurrent("reports that new sources cannot be found, and that they can again", async () => {
  await using emulator = await startEmulator({ gateway: { tokens: { good: "all" } } });
  const messages: string[] = [];
  let wake = () => {};
  const { source } = await logCacheSource(
    { logCacheUrl: emulator.logCache.url, token: "good", apps: ["cart-.*"] },
    (message) => {
      messages.push(message);
      wake();
    },
    20,
  );
  const ending = new AbortController();
  const reading = source.read([selectLog()], ending.signal)[Symbol.asyncIterator]().next();
  const said = async (pattern: RegExp) => {
    while (!messages.some((message) => pattern.test(message))) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  await emulator.faults.logCache.authProxy.stop();
  await said(/^cannot look for new sources: .*; retrying until it succeeds$/);
  await emulator.faults.logCache.authProxy.start();
  await said(/^new sources are found again$/);
  ending.abort();
  await reading;
  expect(messages).toHaveLength(3);
});

import { type Envelope, formatEnvelopeBatch, logEnvelope, logText } from "@loggregator/api";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LogCacheClient } from "../logCacheClient.js";

const settleMs = 100;
const pollIntervalMs = 60;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** An envelope at a time in milliseconds. */
const at = (ms: number): Envelope =>
  logEnvelope(String(ms), { sourceId: "app", timestamp: BigInt(ms) * 1_000_000n });

/** A log-cache that can be down. */
class FakeLogCache {
  envelopes: Envelope[] = [];
  isDown = false;

  readonly fetch = async (input: string | URL | Request): Promise<Response> => {
    if (this.isDown) {
      throw new TypeError("fetch failed");
    }
    const { pathname, searchParams } = new URL(String(input));
    if (pathname.endsWith("/meta")) {
      return Response.json({ meta: {} });
    }
    const start = BigInt(searchParams.get("start_time") ?? 0);
    const batch = this.envelopes
      .filter(({ timestamp }) => timestamp >= start)
      .sort((a, b) => Number(a.timestamp - b.timestamp));
    if (searchParams.has("descending")) {
      batch.reverse();
    }
    return new Response(`{"envelopes":${formatEnvelopeBatch({ batch })}}`, {
      headers: { "content-type": "application/json" },
    });
  };
}

test("after a failed sweep, envelopes are yielded in order with those that arrived meanwhile", async () => {
  const server = new FakeLogCache();
  server.envelopes = [at(1_000)];
  await using client = new LogCacheClient({
    url: "http://log-cache.example",
    fetch: server.fetch,
    logger: null,
    retry: { baseDelayMs: 10, maxDelayMs: 10 },
  });
  const texts: string[] = [];
  const options = { from: 1n, settleMs, overlapMs: settleMs, pollIntervalMs };
  const stream = client.follow(["app"], options);
  const reading = (async () => {
    for await (const batch of stream) {
      texts.push(...batch.map((envelope) => logText(envelope) ?? ""));
    }
  })();
  await vi.advanceTimersByTimeAsync(pollIntervalMs);
  server.envelopes.push(at(950));
  server.isDown = true;
  await vi.advanceTimersByTimeAsync(pollIntervalMs);
  server.isDown = false;
  await vi.advanceTimersByTimeAsync(10 * settleMs);
  expect(texts).toEqual(["950", "1000"]);
  await stream.stop();
  await reading;
});

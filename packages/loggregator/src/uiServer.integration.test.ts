import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { type Envelope, logEnvelope, parseEnvelopeBatch } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandError } from "./errors.js";
import { startUiServer, type UiServer } from "./uiServer.js";

let emulator: Emulator;
let server: UiServer;

beforeEach(async () => {
  emulator = await startEmulator({ gateway: { tokens: { secret: "all", weak: ["mine"] } } });
  server = await startUiServer({ gatewayUrl: emulator.gateway.url, token: "secret" });
});

afterEach(async () => {
  await server?.close();
  await emulator?.close();
});

async function ask(
  path: string,
  { at = server, method = "GET", headers = {} as Record<string, string> } = {},
): Promise<IncomingMessage> {
  const asked = request(`${at.url}${path}`, { method, headers, agent: false });
  asked.end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return answer;
}

async function statusOf(...args: Parameters<typeof ask>): Promise<number | undefined> {
  const answer = await ask(...args);
  answer.resume();
  return answer.statusCode;
}

/** The envelopes of the next event of a stream. */
async function nextBatch(stream: IncomingMessage): Promise<Envelope[]> {
  const [chunk] = (await once(stream, "data")) as [Buffer];
  return parseEnvelopeBatch(String(chunk).replace(/^data: /, "")).batch;
}

describe("the page's server", () => {
  test.each([
    ["/", "text/html; charset=utf-8", "<!doctype html>"],
    ["/page.js", "text/javascript; charset=utf-8", "EnvelopeRing"],
    ["/page.css", "text/css; charset=utf-8", "color-scheme"],
    ["/icon.svg", "image/svg+xml", "<svg"],
  ])("serves %s with a policy that allows only its own files", async (path, type, part) => {
    const answer = await ask(path);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toBe(type);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    const policy = answer.headers["content-security-policy"];
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain("unsafe");
    expect(await text(answer)).toContain(part);
  });

  test("serves nothing else", async () => {
    for (const path of ["/nothing", "/page.ts", "/../package.json", "/__proto__", "//", "/v2"]) {
      expect(await statusOf(path)).toBe(404);
    }
    expect(await statusOf("/", { method: "POST" })).toBe(405);
    expect(await statusOf("/v2/read?log", { method: "DELETE" })).toBe(405);
  });

  test("accepts only host names of this machine, with any port: it may be reached through a tunnel", async () => {
    for (const host of ["localhost", "127.0.0.1:1", "localhost:8089"]) {
      expect(await statusOf("/", { headers: { host } })).toBe(200);
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example"]) {
      expect(await statusOf("/", { headers: { host } })).toBe(403);
      expect(await statusOf("/v2/read?log", { headers: { host } })).toBe(403);
    }
    expect(emulator.stats.gatewayStreams).toBe(0);
  });

  test("refuses a stream for a page of another origin", async () => {
    for (const site of ["cross-site", "same-site"]) {
      const headers = { "sec-fetch-site": site };
      expect(await statusOf("/v2/read?log", { headers })).toBe(403);
      // A link to the page is fine.
      expect(await statusOf("/", { headers })).toBe(200);
    }
  });

  test("forwards a stream with its token until the reader leaves", async () => {
    const stream = await ask("/v2/read?log&source_id=a%20b", {
      headers: { "sec-fetch-site": "same-origin" },
    });
    expect(stream.statusCode).toBe(200);
    expect(stream.headers["content-type"]).toBe("text/event-stream");
    for (const line of ["one", "two"]) {
      emulator.emit(logEnvelope("for another", { sourceId: "other" }));
      const sent = logEnvelope(line, { sourceId: "a b", timestamp: 1n });
      emulator.emit(sent);
      expect(await nextBatch(stream)).toEqual([sent]);
    }
    stream.destroy();
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 0);
  });

  test("forwards the gateway's refusals", async () => {
    const empty = await ask("/v2/read");
    expect(empty.statusCode).toBe(400);
    expect(await text(empty)).toContain("empty_query");
    await using weak = await startUiServer({ gatewayUrl: emulator.gateway.url, token: "weak" });
    expect(await statusOf("/v2/read?log", { at: weak })).toBe(404);
  });

  test("ends streams when the gateway stops, answers 502 without it, and works again afterwards", async () => {
    const stream = await ask("/v2/read?log");
    const { address } = emulator.gateway;
    emulator.faults.gateway.dropConnections();
    await expect(text(stream)).rejects.toThrow("aborted");
    await emulator.close();
    const missing = await ask("/v2/read?log");
    expect(missing.statusCode).toBe(502);
    expect(await text(missing)).toContain("ECONNREFUSED");
    emulator = await startEmulator({ gateway: { address } });
    const again = await ask("/v2/read?log");
    expect(again.statusCode).toBe(200);
    again.destroy();
  });

  test("ends its streams when it closes, and may be closed twice", async () => {
    const stream = await ask("/v2/read?log");
    const broken = expect(text(stream)).rejects.toThrow("aborted");
    await server.close();
    await server.close();
    await broken;
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 0);
  });

  test("listens on the given port, and says what to do if it is taken", async () => {
    const { port } = new URL(server.url);
    const taken = startUiServer({
      gatewayUrl: emulator.gateway.url,
      token: "secret",
      port: Number(port),
    });
    await expect(taken).rejects.toThrow(CommandError);
    await expect(taken).rejects.toThrow(/EADDRINUSE.*choose another port, or 0/);
    await server.close();
    server = await startUiServer({
      gatewayUrl: emulator.gateway.url,
      token: "secret",
      port: Number(port),
    });
    expect(server.url).toBe(`http://127.0.0.1:${port}`);
  });
});

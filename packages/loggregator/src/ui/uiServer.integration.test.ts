import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { logEnvelope, logText, parseEnvelopeBatch } from "@loggregator/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandError } from "../errors.js";
import { EnvelopeHub } from "./envelopeHub.js";
import { startUiServer, type UiServer } from "./uiServer.js";

let hub: EnvelopeHub;
let server: UiServer;

beforeEach(async () => {
  hub = new EnvelopeHub();
  server = await startUiServer({ hub, source: "a test", port: 0 });
});

afterEach(async () => {
  await server?.close();
});

async function get(
  path: string,
  { at = server, method = "GET", headers = {} as Record<string, string> } = {},
): Promise<IncomingMessage> {
  const sentRequest = request(new URL(path, at.url), { method, headers, agent: false });
  sentRequest.end();
  const [answer] = (await once(sentRequest, "response")) as [IncomingMessage];
  return answer;
}

async function statusOf(...args: Parameters<typeof get>): Promise<number | undefined> {
  const answer = await get(...args);
  answer.destroy();
  return answer.statusCode;
}

/** Reads the lines of a page's stream. */
async function openStream(query = "") {
  const stream = await get(`/envelopes${query}`);
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  return {
    stream,
    event: async () => JSON.parse(await next()) as unknown,
    texts: async () => parseEnvelopeBatch(await next()).batch.map((log) => logText(log)),
  };
}

function add(count: number): void {
  hub.addBatch(Array.from({ length: count }, (_, index) => logEnvelope(`line ${index}`)));
}

describe("the page's server", () => {
  test.each([
    ["/", "text/html; charset=utf-8", "<!doctype html>"],
    ["/page.js", "text/javascript; charset=utf-8", "EnvelopeRing"],
    ["/page.css", "text/css; charset=utf-8", "color-scheme"],
    ["/icon.svg", "image/svg+xml", "<svg"],
  ])("serves %s with a policy that allows only its own files", async (path, type, part) => {
    const answer = await get(path);
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
    for (const path of ["/nothing", "/page.ts", "/../package.json", "/__proto__", "/v2/read"]) {
      expect(await statusOf(path)).toBe(404);
    }
    expect(await statusOf("/", { method: "POST" })).toBe(405);
    expect(await statusOf("/envelopes", { method: "DELETE" })).toBe(405);
  });

  test("accepts only host names of this machine, with any port: it may be reached through a tunnel", async () => {
    for (const host of ["localhost", "127.0.0.1:1", "localhost:8089"]) {
      expect(await statusOf("/", { headers: { host } })).toBe(200);
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example"]) {
      expect(await statusOf("/", { headers: { host } })).toBe(403);
      expect(await statusOf("/envelopes", { headers: { host } })).toBe(403);
    }
  });

  test("refuses envelopes to a page of another origin", async () => {
    for (const site of ["cross-site", "same-site"]) {
      const headers = { "sec-fetch-site": site };
      expect(await statusOf("/envelopes", { headers })).toBe(403);
      // Following a link to the page is permitted.
      expect(await statusOf("/", { headers })).toBe(200);
    }
    expect(await statusOf("/envelopes", { headers: { origin: "https://evil.example" } })).toBe(403);
    const headers = { "sec-fetch-site": "same-origin" };
    expect(await statusOf("/envelopes", { headers })).toBe(200);
  });

  test("refuses envelopes without the access key, but serves the page, which contains none", async () => {
    await using locked = await startUiServer({ hub, source: "x", accessKey: "secret", port: 0 });
    expect(new URL(locked.url).hash).toBe("#key=secret");
    const statusWith = (authorization: string) =>
      statusOf("/envelopes", { at: locked, headers: { authorization } });
    for (const wrong of ["", "secret", "bearer ", "bearer secre", "bearer secret2"]) {
      expect(await statusWith(wrong)).toBe(401);
    }
    expect(await statusOf("/envelopes?key=secret", { at: locked })).toBe(401);
    expect(await statusWith("bearer secret")).toBe(200);
    expect(await statusOf("/", { at: locked })).toBe(200);
  });

  test("sends recent envelopes, new ones, and the state of the source", async () => {
    add(2);
    const { stream, event, texts } = await openStream();
    expect(stream.headers["content-type"]).toBe("application/x-ndjson");
    const run = expect.any(String);
    expect(await event()).toEqual({ hello: { run, next: 0, end: 2, source: "a test" } });
    expect(await event()).toEqual({ source: { state: "connected" } });
    expect(await texts()).toEqual(["line 0", "line 1"]);
    hub.add(logEnvelope("new"));
    expect(await texts()).toEqual(["new"]);
    hub.state = { state: "waiting", reason: "x" };
    expect(await event()).toEqual({ source: { state: "waiting", reason: "x" } });
    stream.destroy();
  });

  test("continues where a page was, in the same run only", async () => {
    add(3);
    const first = await openStream();
    const { hello } = (await first.event()) as { readonly hello: { readonly run: string } };
    first.stream.destroy();
    const again = await openStream(`?run=${hello.run}&next=2`);
    await again.event();
    await again.event();
    expect(await again.texts()).toEqual(["line 2"]);
    again.stream.destroy();
    for (const query of ["?run=other&next=2", "?next=2", `?run=${hello.run}&next=x`]) {
      const other = await openStream(query);
      await other.event();
      await other.event();
      expect(await other.texts()).toHaveLength(3);
      other.stream.destroy();
    }
  });

  test("keeps the newest 20,000 envelopes, and reports the loss of a page that is too slow", async () => {
    add(25_000);
    const { stream, event, texts } = await openStream();
    expect(await event()).toMatchObject({ hello: { next: 5_000, end: 25_000 } });
    await event();
    expect(await texts()).toHaveLength(500);
    stream.destroy();
    const late = await openStream();
    await late.event();
    add(60_000);
    const { dropped } = await untilDropped(late);
    expect(dropped).toBeGreaterThan(10_000);
    late.stream.destroy();
  });

  test("ends its streams when it closes, and may be closed twice", async () => {
    const stream = await get("/envelopes");
    const broken = expect(text(stream)).rejects.toThrow("aborted");
    await server.close();
    await server.close();
    await broken;
  });

  test("listens on the given port, and suggests a remedy if it is taken", async () => {
    const port = Number(new URL(server.url).port);
    const taken = startUiServer({ hub, source: "x", port });
    await expect(taken).rejects.toThrow(CommandError);
    await expect(taken).rejects.toThrow(/EADDRINUSE.*choose another port, or 0/);
    await server.close();
    server = await startUiServer({ hub, source: "x", port });
    expect(server.url).toBe(`http://127.0.0.1:${port}`);
  });

  test("listens on a free port if the usual one is taken and none is given", async () => {
    await using one = await startUiServer({ hub, source: "x" });
    await using another = await startUiServer({ hub, source: "x" });
    expect(another.url).not.toBe(one.url);
  });
});

async function untilDropped({ event }: Awaited<ReturnType<typeof openStream>>) {
  for (;;) {
    const line = (await event()) as object;
    if ("dropped" in line) {
      return line as { readonly dropped: number };
    }
  }
}

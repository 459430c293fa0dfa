import { logCacheVectors } from "@loggregator/testing/log-cache-vectors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendBatch } from "../../testing/logCacheClients.js";
import { type Emulator, startEmulator } from "../index.js";

/** The body as JSON, without what differs from run to run. */
function comparable(path: string, body: string): unknown {
  const json: unknown = JSON.parse(body);
  return path === "/api/v1/info" ? Object.keys(json as object) : json;
}

describe("answers as a real log-cache did", () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
    await sendBatch(
      emulator,
      Buffer.concat(logCacheVectors.envelopes.map((hex) => Buffer.from(hex, "hex"))),
    );
  });
  afterAll(() => emulator.close());

  test.for(logCacheVectors.answers)("$path", async ({ path, status, contentType, body }) => {
    const response = await fetch(emulator.logCache.gatewayUrl + path);
    const text = await response.text();
    expect(comparable(path, text)).toEqual(comparable(path, body));
    expect(text.endsWith("\n")).toBe(true);
    expect([response.status, response.headers.get("content-type")]).toEqual([status, contentType]);
  });
});

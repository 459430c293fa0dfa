import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendBatch } from "../../testing/logCacheClients.js";
import { type Emulator, startEmulator } from "../index.js";

interface Vectors {
  /** `EnvelopeBatch`es in hexadecimal. */
  readonly envelopes: readonly string[];
  readonly answers: readonly {
    readonly path: string;
    readonly status: number;
    readonly contentType: string;
    readonly body: string;
  }[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL("../../vectors/log-cache.json", import.meta.url), "utf8"),
);

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
      Buffer.concat(vectors.envelopes.map((hex) => Buffer.from(hex, "hex"))),
    );
  });
  afterAll(() => emulator.close());

  test.for(vectors.answers)("$path", async ({ path, status, contentType, body }) => {
    const response = await fetch(emulator.logCache.gatewayUrl + path);
    const text = await response.text();
    expect(comparable(path, text)).toEqual(comparable(path, body));
    expect(text.endsWith("\n")).toBe(true);
    expect([response.status, response.headers.get("content-type")]).toEqual([status, contentType]);
  });
});

import { counterEnvelope, logEnvelope } from "@loggregator/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  envelopesOf,
  getGateway,
  getProxy,
  LogCacheClients,
} from "../../testing/logCacheClients.js";
import { type Emulator, startEmulator } from "../index.js";

const notFound = { status: 404, type: null, body: "" };
const plain404 = { status: 404, type: "text/plain; charset=utf-8", body: "404 page not found\n" };

let emulator: Emulator;
let clients: LogCacheClients;
beforeAll(async () => {
  emulator = await startEmulator({
    gateway: { tokens: { admin: "all", user: ["app-1", "guid-1"], nobody: [] } },
    logCache: { apps: { "my-app": ["guid-1"], "other-app": ["guid-2"] } },
  });
  clients = new LogCacheClients(emulator);
  await clients.send(
    logEnvelope("1", { sourceId: "app-1", timestamp: 5n }),
    logEnvelope("2", { sourceId: "app-2", timestamp: 5n }),
    logEnvelope("3", { sourceId: "a/b", timestamp: 5n }),
    counterEnvelope("requests", { sourceId: "guid-1", total: 5n, timestamp: 1_000_000_000_000n }),
    counterEnvelope("requests", { sourceId: "guid-2", total: 6n, timestamp: 1_000_000_000_000n }),
  );
});
afterAll(async () => {
  clients[Symbol.dispose]();
  await emulator.close();
});

const read = (sourceId: string, token: string | undefined) =>
  getProxy(emulator, `/api/v1/read/${sourceId}`, token);
const query = (text: string, token: string | undefined, init?: RequestInit) =>
  getProxy(emulator, `/api/v1/query?time=1001&query=${encodeURIComponent(text)}`, token, init);
const values = async (text: string, token: string) => {
  const { body } = await query(text, token);
  const { result } = JSON.parse(body).data as { result: { value: [number, string] }[] };
  return result.map(({ value }) => value[1]);
};

describe("tokens", () => {
  test.for(["bearer admin", "Bearer admin", "BEARER  admin", "admin", "bearer user"])(
    "%s may read",
    async (token) => {
      expect(envelopesOf(await read("app-1", token))).toHaveLength(1);
    },
  );

  test.for([undefined, "bearer wrong", "bearer nobody", "bearer "])(
    "%s gets a 404 without body and content type",
    async (token) => {
      expect(await read("app-1", token)).toEqual(notFound);
    },
  );

  test("a user may read only sources that Cloud Controller allows, an admin also unknown ones", async () => {
    expect(await read("app-2", "bearer user")).toEqual(notFound);
    expect(envelopesOf(await read("app-2", "bearer admin"))).toHaveLength(1);
    expect(envelopesOf(await read("unknown", "bearer admin"))).toEqual([]);
  });

  test("after UAA's keys are replaced, the first request is refused and the next one is accepted", async () => {
    emulator.faults.logCache.replaceKeys();
    expect(await read("app-1", "bearer user")).toEqual(notFound);
    expect((await read("app-1", "bearer user")).status).toBe(200);
  });

  test("stay valid without UAA", async () => {
    emulator.faults.uaa.stop();
    expect((await read("app-1", "bearer user")).status).toBe(200);
    emulator.faults.uaa.start();
  });

  test("of users are refused without Cloud Controller, and their meta is empty", async () => {
    emulator.faults.cloudController.stop();
    expect(await read("app-1", "bearer user")).toEqual(notFound);
    expect((await read("app-1", "bearer admin")).status).toBe(200);
    expect((await getProxy(emulator, "/api/v1/meta", "user")).body).toBe("{}\n");
    emulator.faults.cloudController.start();
  });
});

describe("paths", () => {
  test.for([
    "/nope",
    "/api/v1/read",
    "/api/v1/read/",
    "/api/v1/read/a/b",
    "/api/v1/read/S/",
    "//api/v1/meta",
  ])("%s is not known", async (path) => {
    expect(await getProxy(emulator, path, "admin")).toEqual(plain404);
  });

  test("a%2Fb is the source a/b", async () => {
    expect(envelopesOf(await read("a%2Fb", "admin"))).toMatchObject([{ source_id: "a/b" }]);
  });

  test("info needs no token", async () => {
    expect((await getProxy(emulator, "/api/v1/info", undefined)).status).toBe(200);
  });
});

describe("meta", () => {
  test("has camel case without zeros, for any method", async () => {
    for (const method of ["GET", "POST", "DELETE"]) {
      const answer = await getProxy(emulator, "/api/v1/meta", "user", { method });
      expect(answer).toMatchObject({ status: 200, type: "text/plain; charset=utf-8" });
      expect(JSON.parse(answer.body)).toEqual({
        meta: {
          "app-1": { count: "1", oldestTimestamp: "5", newestTimestamp: "5" },
          "guid-1": {
            count: "1",
            oldestTimestamp: "1000000000000",
            newestTimestamp: "1000000000000",
          },
        },
      });
    }
  });

  test("without any source is an empty object", async () => {
    expect((await getProxy(emulator, "/api/v1/meta", "nobody")).body).toBe("{}\n");
  });

  test("needs a token", async () => {
    expect(await getProxy(emulator, "/api/v1/meta", undefined)).toEqual(notFound);
  });
});

describe("queries", () => {
  const badData = (error: string) => ({
    status: 400,
    type: "application/json",
    body: `${JSON.stringify({ status: "error", errorType: "bad_data", error })}\n`,
  });

  test("look up the names of applications", async () => {
    expect(await values('requests{source_id="my-app"}', "user")).toEqual(["5"]);
    expect(await values('requests{source_id="guid-1"}', "user")).toEqual(["5"]);
    expect(await values('sum(requests{source_id=~"my-app|other-app"})', "admin")).toEqual(["11"]);
  });

  test("are refused if any source may not be read", async () => {
    expect(await query('requests{source_id="other-app"}', "user")).toEqual(notFound);
    expect(await query('requests{source_id=~"my-app|guid-2"}', "user")).toEqual(notFound);
    expect(await query('requests{source_id="my-app"}', undefined)).toEqual(notFound);
    expect(await query('requests{source_id="my-app"}', "wrong")).toEqual(notFound);
  });

  test("are checked before the token", async () => {
    expect(await query("requests{", "wrong")).toEqual(
      badData("parse error at char 10: unexpected end of input inside braces"),
    );
    expect(await query("requests", "wrong")).toEqual(
      badData("query does not request any source_ids"),
    );
    expect(await query("", "wrong")).toEqual(
      badData("parse error at char 1: no expression found in input"),
    );
  });

  test("are read from the URL only", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ query: 'requests{source_id="my-app"}' }).toString();
    const answer = await getProxy(emulator, "/api/v1/query", "user", {
      method: "POST",
      body,
      headers,
    });
    expect(answer.status).toBe(400);
    expect(await query('requests{source_id="my-app"}', "user", { method: "POST" })).toEqual({
      status: 501,
      type: "application/json",
      body: '{"status":"error","errorType":"internal","error":"Method Not Allowed"}\n',
    });
  });
});

describe("outages", () => {
  test("without the gateway, requests get an empty 502", async () => {
    emulator.faults.logCache.gateway.stop();
    expect(await read("app-1", "user")).toEqual({ ...notFound, status: 502 });
    await expect(getGateway(emulator, "/api/v1/info")).rejects.toThrow();
    emulator.faults.logCache.gateway.start();
    expect((await read("app-1", "user")).status).toBe(200);
    expect((await getGateway(emulator, "/api/v1/info")).status).toBe(200);
  });
});

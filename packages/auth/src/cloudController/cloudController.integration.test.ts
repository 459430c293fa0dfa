import { onAbort } from "@loggregator/core";
import type { Fetch } from "@loggregator/core/http";
import { describe, expect, test } from "vitest";
import { startJsonServer } from "../../testing/jsonServer.js";
import { CloudController, discover } from "../index.js";

const guidOf = (number: number) => `984992f6-3cfb-4417-9321-${`${number}`.padStart(12, "0")}`;

/** Apps called `app-<n>` in the space `space-<n % 2>` of the org `org`. */
function appsAnswer(numbers: readonly number[], name = (n: number) => `app-${n}`) {
  const related = (kind: string, guid: string) => ({ [kind]: { data: { guid } } });
  return {
    pagination: { total_pages: 1 },
    resources: numbers.map((n) => ({
      guid: guidOf(n),
      name: name(n),
      relationships: related("space", `s${n % 2}`),
    })),
    included: {
      spaces: [0, 1].map((n) => ({
        guid: `s${n}`,
        name: `space-${n}`,
        relationships: related("organization", "o"),
      })),
      organizations: [{ guid: "o", name: "org" }],
    },
  };
}

test("discover reads the links of the API's root", async () => {
  const links = {
    uaa: { href: "https://uaa.example.com" },
    log_cache: { href: "https://log-cache.example.com/" },
    log_stream: { href: "https://log-stream.example.com" },
  };
  await using api = await startJsonServer(() => ({ body: { links } }));
  expect(await discover(`${api.url}/`)).toEqual({
    uaaUrl: "https://uaa.example.com",
    logCacheUrl: "https://log-cache.example.com",
    gatewayUrl: "https://log-stream.example.com",
  });
  expect(api.requests[0]).toMatchObject({ url: "/", authorization: undefined });
  await using other = await startJsonServer(() => ({ body: { hello: 1 } }));
  await expect(discover(other.url)).rejects.toThrow("not the root of a Cloud Foundry API");
});

test("appGuid finds an app by its name, and by space and org if there are several", async () => {
  await using api = await startJsonServer(({ url }) => ({
    body: appsAnswer(
      url.includes("names=one") ? [1] : url.includes("names=two") ? [1, 2] : [],
      () => "x",
    ),
  }));
  const controller = new CloudController({ url: api.url, token: "t" });
  expect(await controller.appGuid("one")).toBe(guidOf(1));
  expect(await controller.appGuid("two", { space: "space-0", org: "org" })).toBe(guidOf(2));
  await expect(controller.appGuid("two")).rejects.toMatchObject({
    name: "AppLookupError",
    message: 'there are 2 apps named "two": org/space-1, org/space-0. Set space and org',
    candidates: [{ guid: guidOf(1) }, { guid: guidOf(2) }],
  });
  await expect(controller.appGuid("three", { org: "org" })).rejects.toThrow(
    'there is no app named "three" in org "org" that this user may see',
  );
  await controller.appGuid("a,b %").catch(() => {});
  expect(api.requests.at(-1)?.url).toContain("names=a%252Cb%2520%2525&");
  expect(api.requests[0]?.authorization).toBe("bearer t");
});

test("names requests 50 GUIDs at a time, once, and caches a bounded number", async () => {
  await using api = await startJsonServer(({ url }) => {
    const guids = new URL(url, "http://api").searchParams.get("guids")?.split(",") ?? [];
    return { body: appsAnswer(guids.map((guid) => Number(guid.slice(-12))).filter((n) => n < 70)) };
  });
  const controller = new CloudController({ url: api.url, cacheSize: 80 });
  const guids = Array.from({ length: 80 }, (_, i) => guidOf(i));
  const names = await controller.names([...guids, "gorouter", guidOf(0)]);
  expect(names.size).toBe(70);
  expect(names.get(guidOf(3))).toEqual({ app: "app-3", space: "space-1", org: "org" });
  expect(api.requests).toHaveLength(2);
  await controller.names(guids);
  expect(api.requests).toHaveLength(2);
  await controller.names([guidOf(81)]);
  await controller.names(guids);
  expect(api.requests).toHaveLength(4);
});

test.each([
  ["a symbol", Symbol("x")],
  ["null", null],
])("names rejects a GUID that is %s with its index", async (received, id) => {
  const controller = new CloudController({ url: "http://127.0.0.1:1" });
  await expect(controller.names([guidOf(1), id as never])).rejects.toMatchObject({
    option: "guids[1]",
    expected: "a string",
    received,
  });
});

test("a refused token is renewed once; an error has status, code and body", async () => {
  await using api = await startJsonServer(({ authorization }) =>
    authorization === "bearer fresh"
      ? { body: appsAnswer([1]) }
      : { status: 401, body: { errors: [{ title: "CF-InvalidAuthToken", detail: "Invalid" }] } },
  );
  const token = ({ refresh }: { refresh: boolean }) => (refresh ? "fresh" : "stale");
  const controller = new CloudController({ url: api.url, token });
  expect(await controller.appGuid("x")).toBe(guidOf(1));
  const refused = new CloudController({ url: api.url, token: "stale" });
  await expect(refused.appGuid("x")).rejects.toMatchObject({
    name: "CloudControllerError",
    status: 401,
    code: "CF-InvalidAuthToken",
    retryable: false,
  });
  expect(api.requests.map(({ authorization }) => authorization)).toEqual([
    "bearer stale",
    "bearer fresh",
    "bearer stale",
  ]);
});

describe("the lifetime of a client", () => {
  test("counts requests, and reports whether there are answers", async () => {
    let status = 200;
    const api = await startJsonServer(() => ({ status, body: appsAnswer([1]) }));
    const controller = new CloudController({ url: api.url });
    const statuses = controller.status();
    expect((await statuses.next()).value).toEqual({ type: "idle" });
    await controller.names([guidOf(1)]);
    await controller.names([guidOf(1), "router"]);
    await controller.appGuid("one");
    expect((await statuses.next()).value).toEqual({ type: "open" });
    status = 403;
    await expect(controller.appGuid("one")).rejects.toMatchObject({ status: 403 });
    await api[Symbol.asyncDispose]();
    const error = await controller.appGuid("one").catch((thrown: Error) => thrown);
    expect((await statuses.next()).value).toEqual({ type: "disconnected", error });
    expect(controller.stats).toEqual({ requests: 4, failed: 2 });
    await controller.close();
    expect((await statuses.next()).value).toEqual({ type: "closed" });
    expect((await statuses.next()).done).toBe(true);
  });

  test.each(["close", "signal", "dispose"])(
    "%s cancels requests and ends the client",
    async (way) => {
      const stop = new AbortController();
      let started = () => {};
      const begun = new Promise<void>((resolve) => {
        started = resolve;
      });
      const fetch: Fetch = (_, { signal }) => {
        started();
        return new Promise((_, reject) => onAbort(signal, () => reject(signal?.reason)));
      };
      const controller = new CloudController({ url: "http://a", fetch, signal: stop.signal });
      const request = controller.appGuid("one");
      await begun;
      const ends = {
        close: () => controller.close(),
        signal: () => stop.abort(),
        dispose: () => controller[Symbol.asyncDispose](),
      };
      const closing = ends[way as keyof typeof ends]();
      await expect(request).rejects.toMatchObject({ name: "AbortError" });
      await closing;
      await controller.close();
      await expect(controller.appGuid("one")).rejects.toThrow("the client is closed");
      expect(controller.stats).toEqual({ requests: 1, failed: 0 });
      expect((await controller.status().next()).value).toEqual({ type: "closed" });
    },
  );
});

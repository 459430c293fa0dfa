import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { LogCacheClient, type LogCacheClientOptions } from "./index.js";

const client = new LogCacheClient({ url: "https://log-cache.example" });
const hour = 3_600_000_000_000n;

describe("options", () => {
  test.each<[Partial<LogCacheClientOptions> & object, string]>([
    [{ url: "log-cache.example" }, "url must be an http or https URL"],
    [{ url: "https://user:secret@log-cache.example" }, "url must be a URL without user name"],
    [{ token: "two words" }, "token must be a string of visible ASCII characters, or a function"],
    [{ timeoutMs: 0 }, "timeoutMs must be a positive number"],
    [{ retry: { maxAttempts: -1 } }, "retry.maxAttempts must be"],
    [{ urll: "" } as object, 'unknown option "urll"; did you mean "url"?'],
  ])("%o is rejected", (options, message) => {
    expect(() => new LogCacheClient({ url: "https://log-cache.example", ...options })).toThrow(
      message,
    );
  });
});

describe("arguments", () => {
  const range = { start: 0n, end: hour, step: "1s" };
  const aborted = { signal: AbortSignal.abort() };
  test.each<[string, () => unknown, string]>([
    ["an empty source id", () => client.read(""), "sourceId must be a non-empty string"],
    ["a parent folder", () => client.read(".."), "sourceId must be a source id other than"],
    [
      "a lone surrogate",
      () => client.read("\ud800"),
      "sourceId must be a string without lone surrogates",
    ],
    ["limit 0", () => client.read("a", { limit: 0 }), "limit must be an integer from 1 to 1000"],
    ["limit 1001", () => client.read("a", { limit: 1001 }), "limit must be an integer from 1 to"],
    [
      "a number as type, which would crash the server",
      () => client.read("a", { types: [17 as unknown as "log"] }),
      'types[0] must be "log", "counter", "gauge", "timer" or "event", got 17',
    ],
    [
      "an end before the start",
      () => client.read("a", { startTime: 2n, endTime: 1n }),
      "startTime must be at most endTime",
    ],
    ["count 0", () => client.recent("a", 0), "count must be a positive integer"],
    ["no sources", () => client.follow([]), "sourceIds must be a non-empty array of source ids"],
    [
      "an overlap below settleMs",
      () => client.follow(["a"], { settleMs: 10, overlapMs: 5 }),
      "overlapMs must be at least settleMs",
    ],
    [
      "an invalid checkpoint",
      () => client.follow(["a"], { checkpoint: { version: 2 } as never }),
      "checkpoint must be a result of checkpoint()",
    ],
    ["an empty query", () => client.query(""), "query must be a non-empty string"],
    [
      "too many points",
      () => client.queryRange("1", { ...range, step: 327 }),
      "step must be large enough for at most 11000 points between start and end, got 327 ms, for 11010 points",
    ],
    [
      "the full range of times",
      () => client.queryRange("1", { start: 0n, end: new Date(), step: "1s" }),
      "for at most 11000 points",
    ],
    [
      "11,001 points of truncated times",
      () => client.queryRange("1", { start: 900_000n, end: 11_000_000_000n, step: 1 }),
      "got 1 ms, for 11001 points",
    ],
    [
      "a subquery with too many points",
      () => client.query('max_over_time(cpu{source_id="a"}[100y:1s])'),
      "query must be a query whose subqueries have at most 11000 points each, got [100y:1s], with 3153600001 points",
    ],
    [
      "a subquery with too many points in the range of the query",
      () => client.queryRange("max_over_time(cpu[10000s:1s])", { ...range, step: "1m" }),
      "got [10000s:1s], with 13601 points",
    ],
    [
      "a subquery with too many points in the range of another",
      () => client.query("a[1m:1s] + max_over_time(sum(rate(a[1h:1s]))[3h:1m])"),
      "got [1h:1s], with 14401 points",
    ],
    ["a subquery without a step", () => client.query("a[8d:]"), "got [8d:], with 11521 points"],
    [
      "a subquery with a comment",
      () => client.query("a[ 1d # ']'\n:1s]"),
      "got [ 1d \n:1s], with 86401 points",
    ],
    [
      "step 0",
      () => client.queryRange("1", { ...range, step: 0 }),
      "step must be a number of whole",
    ],
    ["step -1", () => client.queryRange("1", { ...range, step: -1 }), "step must be a number of"],
    ["step 1x", () => client.queryRange("1", { ...range, step: "1x" }), "step must be a number of"],
    [
      "a start after the end",
      () => client.queryRange("1", { ...range, start: hour + 1n }),
      "start must be at most end",
    ],
    [
      "a misspelled option",
      () => client.read("a", { limits: 1 } as object),
      'did you mean "limit"?',
    ],
  ])("%s is rejected at the call", (_, call, message) => {
    expect(call).toThrow(message);
  });

  test.each([
    "a[10999s:1s]",
    'a{b="[1d:1s]", c="\\"[1d:1s]"} # [1d:1s]',
    "a['[1d:1s]'] + `[1d:1s]`",
    "max_over_time(a[2h:1s]) + max_over_time(b[2h:1s])",
    "a[100y]",
  ])("%s is accepted", async (query) => {
    await expect(client.query(query, aborted)).rejects.toThrow("abort");
  });

  test("11,000 points are accepted", async () => {
    const end = 10_999n * 1_000_000_000n;
    const query = client.queryRange("1", { start: 0n, end, step: "1s", ...aborted });
    await expect(query).rejects.toThrow("abort");
  });
});

describe("a closed client", () => {
  const url = "https://log-cache.example";

  test.each([
    [
      "by close",
      async () => {
        const closed = new LogCacheClient({ url });
        await closed.close();
        return closed;
      },
    ],
    [
      "by its signal before construction",
      async () => new LogCacheClient({ url, signal: AbortSignal.abort() }),
    ],
    [
      "by its signal after construction",
      async () => {
        const abort = new AbortController();
        const closed = new LogCacheClient({ url, signal: abort.signal });
        abort.abort();
        return closed;
      },
    ],
  ])("rejects calls if closed %s", async (_, create) => {
    const closed = await create();
    expect(() => closed.read("a")).toThrow("closed client");
    expect(() => closed.follow(["a"])).toThrow("closed client");
    const statuses = closed.status();
    expect(await statuses.next()).toEqual({ value: { type: "closed" }, done: false });
    expect((await statuses.next()).done).toBe(true);
  });

  test("leaves no listener on its signal", async () => {
    const { signal } = new AbortController();
    await new LogCacheClient({ url, signal }).close();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("has cancelled its requests", async () => {
    const abort = new AbortController();
    const fetch = (_: unknown, init?: RequestInit) =>
      new Promise<Response>((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      });
    const reading = new LogCacheClient({ url, fetch, signal: abort.signal }).read("a");
    abort.abort(new Error("stop"));
    await expect(reading).rejects.toThrow("stop");
  });
});

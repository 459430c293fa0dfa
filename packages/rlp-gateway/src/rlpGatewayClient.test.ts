import { selectCounter, selectLog } from "@loggregator/api";
import { isOptionError } from "@loggregator/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { RlpGatewayClient, type RlpGatewayClientOptions } from "./rlpGatewayClient.js";

const url = "https://gateway.example";

describe("a client", () => {
  test.each<[string, object, RegExp]>([
    ["an empty URL", { url: "" }, /^url must be an http or https URL, got ""/],
    ["a URL without scheme", { url: "gateway.example" }, /got "gateway.example"/],
    ["a URL of another scheme", { url: "ws://gateway.example" }, /got "ws:/],
    [
      "a URL with a query",
      { url: `${url}?a=b` },
      /^url must be a URL without .*query and fragment/,
    ],
    ["an empty token", { token: "" }, /^token must be .*string of length 0/],
    ["a token that no header can carry", { token: "a b" }, /^token must be .*string of length 3/],
    ["only the word bearer as a token", { token: "bearer " }, /^token must be .*length 7/],
    ["a promise of a token", { token: Promise.resolve("t") }, /^token must be .*got object/],
    ["a negative maxRetries", { maxRetries: -1 }, /^maxRetries must be .*got -1/],
    ["a fraction of retries", { maxRetries: 1.5 }, /^maxRetries must be .*got 1.5/],
    [
      "both retry limits",
      { maxRetries: 1, retry: { maxAttempts: 1 } },
      /^maxRetries must be undefined if retry.maxAttempts is set/,
    ],
    ["null as retry", { retry: null }, /^retry must be an object, got null/],
    ["NaN as a delay", { retry: { baseDelayMs: Number.NaN } }, /^retry.baseDelayMs must .*got NaN/],
    ["text as a delay", { retry: { baseDelayMs: "50" } }, /^retry.baseDelayMs must be .*got "50"/],
    ["an infinite delay", { retry: { maxDelayMs: Infinity } }, /^retry.maxDelayMs .*got Infinity/],
    ["text as a timeout", { heartbeatTimeoutMs: "50" }, /^heartbeatTimeoutMs must .*got "50"/],
    [
      "a fetch that is not a function",
      { fetch: "fetch" },
      /^fetch must be a function, got "fetch"/,
    ],
    [
      "0 as the heartbeat timeout",
      { heartbeatTimeoutMs: 0 },
      /^heartbeatTimeoutMs must be .*got 0/,
    ],
    ["0 as the maximum event length", { maxEventLength: 0 }, /^maxEventLength must be .*got 0/],
    [
      "an unknown option",
      { maxRetrys: 3 },
      /^unknown option "maxRetrys"; did you mean "maxRetries"/,
    ],
    ["an unknown retry option", { retry: { delayMs: 3 } }, /^unknown option "retry.delayMs"/],
    ["an object as a callback", { onInvalidEvent: {} }, /^onInvalidEvent must be a function/],
    ["a logger without methods", { logger: {} }, /^logger must be null or an object with debug/],
  ])("rejects %s", (_, options, message) => {
    const all = { url, token: "t", ...options } as RlpGatewayClientOptions;
    expect(() => new RlpGatewayClient(all)).toThrow(message);
    expect(() => new RlpGatewayClient(all)).toThrow(expect.toSatisfy(isOptionError));
  });

  test("does not show a password in a URL", () => {
    const make = () => new RlpGatewayClient({ url: "https://user:geheim@gateway.example" });
    expect(make).toThrow(/without user name, password.*host "gateway.example"/);
    expect(make).not.toThrow(/geheim/);
  });

  test("sends requests below the path of its URL", async () => {
    const asked: string[] = [];
    const client = new RlpGatewayClient({
      url: new URL("https://proxy.example/gateway/"),
      maxRetries: 0,
      fetch: (at) => {
        asked.push(at);
        return Promise.reject(new TypeError("down"));
      },
    });
    const stream = client.stream({ selectors: [selectLog()] });
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow("down");
    expect(asked).toEqual(["https://proxy.example/gateway/v2/read?log"]);
  });

  test("rejects selectors that a request cannot express, at the call", () => {
    const client = new RlpGatewayClient({ url });
    const selectors = [selectLog({ sourceId: "a" }), selectCounter({ sourceId: "b" })];
    expect(() => client.stream({ selectors })).toThrow(RangeError);
  });

  test("rejects a malformed request or signal at the call", () => {
    const client = new RlpGatewayClient({ url });
    expect(() => client.stream(undefined as never)).toThrow(
      /^request must be an object, got undefined/,
    );
    const signal = new AbortController() as unknown as AbortSignal;
    expect(() => client.stream({ selectors: [selectLog()] }, { signal })).toThrow(
      /^signal must be an AbortSignal, got an AbortController/,
    );
  });

  test("opens no stream after it was closed", () => {
    const client = new RlpGatewayClient({ url });
    client.close();
    expect(() => client.stream({ selectors: [selectLog()] })).toThrow(TypeError);
  });
});

describe("fromEnv", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /** The URL and the Authorization header of the client's first request. */
  async function firstRequest(options?: Partial<RlpGatewayClientOptions>): Promise<unknown[]> {
    const requests: unknown[] = [];
    const client = RlpGatewayClient.fromEnv({
      logger: null,
      maxRetries: 0,
      fetch: (at, { headers }) => {
        requests.push(at, headers["Authorization"]);
        return Promise.reject(new TypeError("down"));
      },
      ...options,
    });
    const stream = client.stream({ selectors: [selectLog()] });
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow("down");
    return requests;
  }

  test("takes the URL and the token from the environment", async () => {
    vi.stubEnv("LOGGREGATOR_GATEWAY_URL", url);
    vi.stubEnv("CF_TOKEN", "bearer abc");
    expect(await firstRequest()).toEqual([`${url}/v2/read?log`, "bearer abc"]);
    expect(await firstRequest({ url: "https://other.example", token: "def" })).toEqual([
      "https://other.example/v2/read?log",
      "bearer def",
    ]);
    vi.stubEnv("CF_TOKEN", "");
    expect(await firstRequest()).toEqual([`${url}/v2/read?log`, undefined]);
  });

  test("rejects an environment without a URL", () => {
    vi.stubEnv("LOGGREGATOR_GATEWAY_URL", "");
    expect(() => RlpGatewayClient.fromEnv()).toThrow(
      'LOGGREGATOR_GATEWAY_URL must be an http or https URL, got ""',
    );
    expect(() => RlpGatewayClient.fromEnv(null as never)).toThrow("options must be an object");
  });
});

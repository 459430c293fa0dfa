import { selectCounter, selectLog } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { RlpGatewayClient, type RlpGatewayClientOptions } from "./rlpGatewayClient.js";

const url = "https://gateway.example";

describe("a client", () => {
  test.each<[string, object, RegExp]>([
    ["no URL", { url: "" }, /^url: expected an http or https URL, got ""/],
    ["a URL without scheme", { url: "gateway.example" }, /got "gateway.example"/],
    ["a URL of another scheme", { url: "ws://gateway.example" }, /got "ws:/],
    ["a URL with a query", { url: `${url}?a=b` }, /without query/],
    ["an empty token", { token: "" }, /^token: .*string of 0 characters/],
    ["a token that no header can carry", { token: "a b" }, /^token: .*string of 3 characters/],
    ["a negative maxRetries", { maxRetries: -1 }, /^maxRetries: .*got -1/],
    ["a fraction of retries", { maxRetries: 1.5 }, /^maxRetries: .*got 1.5/],
    ["NaN for a delay", { retryBaseDelayMs: Number.NaN }, /^retryBaseDelayMs: .*got NaN/],
    ["text for a delay", { retryBaseDelayMs: "50" }, /^retryBaseDelayMs: .*got 50/],
    ["text for a timeout", { heartbeatTimeoutMs: "50" }, /^heartbeatTimeoutMs: .*got 50/],
    ["a fetch that is none", { fetch: "fetch" }, /^fetch: expected a function, got string/],
    ["an endless delay", { retryMaxDelayMs: Infinity }, /^retryMaxDelayMs: .*got Infinity/],
    ["no time for heartbeats", { heartbeatTimeoutMs: 0 }, /^heartbeatTimeoutMs: .*got 0/],
    ["no room for events", { maxEventLength: 0 }, /^maxEventLength: .*got 0/],
  ])("refuses %s", (_, options, message) => {
    const all = { url, token: "t", ...options } as RlpGatewayClientOptions;
    expect(() => new RlpGatewayClient(all)).toThrow(message);
  });

  test("does not repeat a password in a URL", () => {
    const make = () => new RlpGatewayClient({ url: "https://user:geheim@gateway.example" });
    expect(make).toThrow(/without user name and password \(of gateway.example\)/);
    expect(make).not.toThrow(/geheim/);
  });

  test("asks below the path of its URL", async () => {
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

  test("refuses at the call what one request can't ask for", () => {
    const client = new RlpGatewayClient({ url });
    const selectors = [selectLog({ sourceId: "a" }), selectCounter({ sourceId: "b" })];
    expect(() => client.stream({ selectors })).toThrow(RangeError);
  });

  test("refuses at the call a request or a signal that is none", () => {
    const client = new RlpGatewayClient({ url });
    expect(() => client.stream(undefined as never)).toThrow(/^request: .*got undefined/);
    const signal = new AbortController() as unknown as AbortSignal;
    expect(() => client.stream({ selectors: [selectLog()] }, { signal })).toThrow(
      /^signal: expected an AbortSignal, got \[object AbortController\]/,
    );
  });

  test("opens no stream once it is closed", () => {
    const client = new RlpGatewayClient({ url });
    client.close();
    expect(() => client.stream({ selectors: [selectLog()] })).toThrow(TypeError);
  });
});

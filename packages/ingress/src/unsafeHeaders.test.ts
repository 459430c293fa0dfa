import { counterEnvelope, type Envelope, logEnvelope } from "@loggregator/api";
import { OptionRangeError } from "@loggregator/core";
import { describe, expect, test, vi } from "vitest";
import { IngressClient, type IngressClientOptions } from "./index.js";

const tls = () => Promise.reject(new Error("no connection is needed"));

function newClient(options: Partial<IngressClientOptions> = {}): IngressClient {
  const unsafeHeaders = "reject";
  return new IngressClient({ tls, unsafeHeaders, logger: null, closeTimeoutMs: 1, ...options });
}

test("with unsafeHeaders set to reject, emit… throws and the client continues", async () => {
  const client = newClient();
  for (let i = 0; i < 2; i++) {
    expect(() => client.emitLog("x", { sourceId: "my app" })).toThrow(OptionRangeError);
    expect(() => client.emitCounter("x", { tags: { "a b": "c" } })).toThrow("the name of a tag");
  }
  client.emitLog("x", { sourceId: "my-app" });
  expect(client.stats.queued).toBe(1);
  await client.close().catch(() => {});
  expect(() => newClient({ tags: { "a b": "c" } })).toThrow("the name of a tag");
});

describe("the tag origin is checked as the source id of envelopes without one", () => {
  const origin = "My Service";
  const deprecatedTags: Envelope["deprecatedTags"] = {
    origin: { data: { $case: "text", value: origin } },
  };
  const deprecated = { ...counterEnvelope("x"), deprecatedTags };

  test.each<[string, Partial<IngressClientOptions>, (client: IngressClient) => void]>([
    ["of the client", { tags: { origin } }, (client) => client.emitLog("x")],
    ["of the call", {}, (client) => client.emitLog("x", { tags: { origin } })],
    ["of the envelope", {}, (client) => client.emit(logEnvelope("x", { tags: { origin } }))],
    ["that is deprecated", {}, (client) => client.emit(deprecated)],
  ])("%s", async (_, options, emit) => {
    const client = newClient(options);
    expect(() => emit(client)).toThrow(
      "origin (the source id of envelopes without one) must contain",
    );
    expect(client.stats.queued).toBe(0);
    await client.close().catch(() => {});
  });

  test.each<[string, Partial<IngressClientOptions>, (client: IngressClient) => void]>([
    ["with a source id", { tags: { origin } }, (client) => client.emitLog("x", { sourceId: "a" })],
    [
      "if the call's own tag replaces the client's",
      { tags: { origin } },
      (client) => client.emitLog("x", { tags: { origin: "mine" } }),
    ],
    [
      "if a tag replaces the deprecated one",
      { tags: { origin: "mine" } },
      (client) => client.emit(deprecated),
    ],
  ])("but not %s", async (_, options, emit) => {
    const client = newClient(options);
    emit(client);
    expect(client.stats.queued).toBe(1);
    await client.close().catch(() => {});
  });
});

test("names of deprecated tags are checked", async () => {
  const warn = vi.fn();
  const logger = { debug() {}, info() {}, warn, error() {} };
  const client = newClient({ unsafeHeaders: "warn", logger });
  const deprecatedTags: Envelope["deprecatedTags"] = {
    "a b": { data: { $case: "integer", value: 1n } },
  };
  client.emit({ ...logEnvelope("x", { sourceId: "a" }), deprecatedTags });
  expect(warn.mock.calls).toEqual([[expect.stringContaining("the name of a tag must contain")]]);
  await client.close().catch(() => {});
});

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { reserveUdpPort } from "@loggregator/testing";
import { expect, test } from "vitest";
import { V1Client } from "./v1Client.js";

test("drops are published on the diagnostics channel", async () => {
  await using reserved = await reserveUdpPort();
  const { address } = reserved;
  const messages: unknown[] = [];
  const published = new EventTarget();
  const listener = (message: unknown) => {
    messages.push(message);
    published.dispatchEvent(new Event("drop"));
  };
  subscribe("loggregator:v1:drop", listener);
  const abort = new AbortController();
  abort.abort();
  const client = new V1Client({ origin: "test", address, signal: abort.signal });
  const event = once(published, "drop");
  client.emitLog("one");
  client.emitLog("two");
  await event;
  unsubscribe("loggregator:v1:drop", listener);
  expect(messages).toEqual([{ address, count: 2 }]);
});

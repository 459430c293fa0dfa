import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { fromEnvelope, type Message, readFrom, writeTo } from "./index.js";

test("envelopes that are sent over TCP like those of a drain arrive as messages", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const received: Message[] = [];
  const receiving = once(server, "connection").then(async ([socket]: Socket[]) => {
    for await (const message of readFrom(socket as Socket)) {
      received.push(message);
    }
  });

  const sent = Array.from({ length: 500 }, (_, i) => [
    ...fromEnvelope(logEnvelope("日本\n".repeat(i), { sourceId: "app", timestamp: 1000n })),
    ...fromEnvelope(gaugeEnvelope({ cpu: { value: i, unit: "%" } }, { timestamp: 2000n })),
  ]).flat();
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await pipeline(Readable.from(writeTo(sent)), socket);
  await receiving;

  expect(received).toEqual(sent);
  server.close();
  await once(server, "close");
});

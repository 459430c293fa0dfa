import { readFileSync } from "node:fs";
import { decodeEnvelopeBatch } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { fromEnvelope, type Message, marshal, readFrom, unmarshal } from "./index.js";

// Recorded from Cloud Foundry's syslog agent, with three drains of the same envelopes.
interface Drains {
  /** EnvelopeBatch bytes in hex. */
  readonly envelopes: readonly string[];
  readonly https: readonly { readonly body: string }[];
  readonly httpsBatch: readonly { readonly body: string }[];
  /** The bytes of a connection. */
  readonly syslogTls: readonly string[];
}

const drains: Drains = JSON.parse(
  readFileSync(new URL("../vectors/drains.json", import.meta.url), "utf8"),
);
const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const bodies = drains.https.map(({ body }) => fromBase64(body));

/** Messages with text instead of bytes, without the line end that newline framing removes. */
const asText = (messages: readonly Message[]) =>
  messages.map((message) => ({
    ...message,
    message: Buffer.from(message.message).toString("latin1").replace(/\n$/, ""),
  }));
const expected = asText(bodies.map(unmarshal));

async function readChunks(chunks: Iterable<Uint8Array>): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of readFrom(chunks)) {
    messages.push(message);
  }
  return messages;
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

describe("the drains of Cloud Foundry's syslog agent", () => {
  test("https: each body is one message", async () => {
    expect(expected).toHaveLength(75);
    for (const [index, body] of bodies.entries()) {
      expect(asText(await readChunks([body]))).toEqual([expected[index]]);
    }
  });

  test.each([1, 13, 100, 1 << 20])(
    "https-batch: bodies of several messages, in chunks of %i bytes",
    async (size) => {
      const messages: Message[] = [];
      for (const { body } of drains.httpsBatch) {
        messages.push(...(await readChunks(cut(fromBase64(body), size))));
      }
      expect(sorted(asText(messages))).toEqual(sorted(expected));
    },
  );

  test.each([1, 13, 100, 1 << 20])("syslog-tls: in chunks of %i bytes", async (size) => {
    for (const connection of drains.syslogTls) {
      const stream = fromBase64(connection);
      expect(sorted(asText(await readChunks(cut(stream, size))))).toEqual(sorted(expected));
    }
  });

  test("fromEnvelope writes the same bytes, except for the order of gauges", () => {
    const written = drains.envelopes
      .flatMap((hex) => decodeEnvelopeBatch(Buffer.from(hex, "hex")).batch)
      .flatMap((envelope) => fromEnvelope(envelope, { hostname: "-" }))
      .map((message) => Buffer.from(marshal(message)).toString("latin1"));
    const sent = bodies.map((body) => Buffer.from(body).toString("latin1"));
    expect(written.sort()).toEqual(sent.sort());
  });
});

/** Metrics of a gauge come in random order. */
function sorted(messages: ReturnType<typeof asText>): ReturnType<typeof asText> {
  const key = (message: object) =>
    JSON.stringify(message, (_, value) => (typeof value === "bigint" ? String(value) : value));
  return messages.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

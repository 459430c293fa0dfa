import { decodeEnvelopeBatch } from "@loggregator/api";
import { drainVectors } from "@loggregator/testing/drain-vectors";
import { describe, expect, test } from "vitest";
import { collect, cut } from "../testing/frames.js";
import { fromEnvelope, type Message, marshal, readFrom, unmarshal } from "./index.js";

const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const bodies = drainVectors.https.map(({ body }) => fromBase64(body));

/** Messages with text instead of bytes, without the line end that newline framing removes. */
const asText = (messages: readonly Message[]) =>
  messages.map((message) => ({
    ...message,
    message: Buffer.from(message.message).toString("latin1").replace(/\n$/, ""),
  }));
const expected = asText(bodies.map(unmarshal));

const readAll = (chunks: Iterable<Uint8Array>) => collect(readFrom(chunks));

describe("the drains of Cloud Foundry's syslog agent", () => {
  test("https: each body is one message", async () => {
    expect(expected).toHaveLength(75);
    for (const [index, body] of bodies.entries()) {
      expect(asText(await readAll([body]))).toEqual([expected[index]]);
    }
  });

  test.each([1, 13, 100, 1 << 20])(
    "https-batch: bodies of several messages, in chunks of %i bytes",
    async (size) => {
      const messages: Message[] = [];
      for (const { body } of drainVectors.httpsBatch) {
        messages.push(...(await readAll(cut(fromBase64(body), size))));
      }
      expect(sorted(asText(messages))).toEqual(sorted(expected));
    },
  );

  test.each([1, 13, 100, 1 << 20])("syslog-tls: in chunks of %i bytes", async (size) => {
    for (const connection of drainVectors.syslogTls) {
      const stream = fromBase64(connection);
      expect(sorted(asText(await readAll(cut(stream, size))))).toEqual(sorted(expected));
    }
  });

  test("fromEnvelope writes the same bytes, except for the order of gauges", () => {
    const written = drainVectors.envelopes
      .flatMap((hex) => decodeEnvelopeBatch(Buffer.from(hex, "hex")).batch)
      .flatMap((envelope) => fromEnvelope(envelope, { hostname: "-" }))
      .map((message) => Buffer.from(marshal(message)).toString("latin1"));
    const sent = bodies.map((body) => Buffer.from(body).toString("latin1"));
    expect(written.sort()).toEqual(sent.sort());
  });
});

/** Sorts messages, because the metrics of a gauge are in random order. */
function sorted(messages: ReturnType<typeof asText>): ReturnType<typeof asText> {
  const key = (message: object) =>
    JSON.stringify(message, (_, value) => (typeof value === "bigint" ? String(value) : value));
  return messages.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

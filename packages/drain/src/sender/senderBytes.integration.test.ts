import { Recorder } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { certificates } from "../../testing/certificates.js";
import { RawReceiver, startRawServer } from "../../testing/rawReceiver.js";
import { createSender } from "../../testing/senders.js";
import { envelopes, httpsBodies, httpsRequests, syslogTlsBytes } from "../../testing/vectors.js";

/** Sorts messages, as the agent writes the metrics of a gauge in random order. */
const sortedText = (messages: readonly Uint8Array[]) =>
  messages.map((message) => Buffer.from(message).toString("latin1")).sort();
const agentMessages = sortedText(httpsBodies);

/** Splits octet-counted frames. */
function framesOf(stream: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  while (at < stream.length) {
    const space = stream.indexOf(" ", at);
    const end = space + 1 + Number(stream.toString("latin1", at, space));
    frames.push(stream.subarray(space + 1, end));
    at = end;
  }
  return frames;
}

describe("writes the bytes of the syslog agent", () => {
  const path = "/one?include-metrics-deprecated=true";

  test("over https: a request for each message", async () => {
    await using receiver = await RawReceiver.start(certificates.server);
    const sender = createSender({ url: `https://localhost:${receiver.server.port}${path}` });
    for (const envelope of envelopes) {
      sender.emit(envelope);
    }
    await sender.close();
    const { values } = receiver.requests;
    expect(sortedText(values.map(({ body }) => body))).toEqual(agentMessages);
    // The order is the agent's, except for the metrics of a gauge.
    expect(values.slice(0, 40).map(({ body }) => body)).toEqual(httpsBodies.slice(0, 40));
    const [agentRequest] = httpsRequests;
    expect(values[0]).toMatchObject({
      method: agentRequest?.method,
      path,
      headers: {
        "content-type": agentRequest?.headers["content-type"],
        "content-length": agentRequest?.headers["content-length"],
        host: `localhost:${receiver.server.port}`,
      },
    });
    expect(values[0]?.headers).not.toHaveProperty("authorization");
    expect(sender.stats).toEqual({ sent: 74, dropped: 0, queued: 0, reconnects: 0 });
    // All requests use one connection.
    expect(receiver.server.sockets.size).toBeLessThan(2);
  });

  test("over https-batch: messages without framing", async () => {
    await using receiver = await RawReceiver.start(certificates.server);
    const sender = createSender({ url: `https-batch://localhost:${receiver.server.port}${path}` });
    for (const envelope of envelopes) {
      sender.emit(envelope);
    }
    await sender.close();
    expect(receiver.requests.values).toHaveLength(1);
    const body = receiver.requests.values[0]?.body as Buffer;
    expect(body.length).toBe(httpsBodies.reduce((sum, { length }) => sum + length, 0));
    expect(receiver.requests.values[0]).toMatchObject({
      method: "POST",
      path,
      headers: { "content-type": "text/plain", "content-length": String(body.length) },
    });
    for (const message of agentMessages) {
      expect(body.includes(Buffer.from(message, "latin1"))).toBe(true);
    }
  });

  test.each(["syslog-tls", "syslog"])("over %s: octet counting", async (scheme) => {
    const bytes: Buffer[] = [];
    const ended = new Recorder<void>();
    const tls = scheme === "syslog" ? undefined : certificates.server;
    await using server = await startRawServer(tls, (socket) => {
      socket.on("data", (chunk) => bytes.push(chunk));
      socket.on("end", ended.add);
    });
    const sender = createSender({ url: `${scheme}://localhost:${server.port}` });
    for (const envelope of envelopes) {
      sender.emit(envelope);
    }
    await sender.close();
    await ended.count(1);
    const stream = Buffer.concat(bytes);
    expect(stream.length).toBe(syslogTlsBytes.length);
    expect(sortedText(framesOf(stream))).toEqual(sortedText(framesOf(syslogTlsBytes)));
  });
});

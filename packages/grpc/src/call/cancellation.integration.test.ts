import { getEventListeners } from "node:events";
import { Recorder } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { answering, certificates, clientOf, ok, request, respond } from "../../testing/rawCalls.js";
import {
  FrameType,
  framed,
  isRequestEnd,
  type RawConnection,
  startRawHttp2Server,
} from "../../testing/rawHttp2Server.js";

describe("cancellation", () => {
  test("calls that share a signal add one listener to it, and leave none", async () => {
    await using server = await answering((connection, id) => respond(connection, id, ok));
    using there = clientOf(server);
    const abort = new AbortController();
    const { signal } = abort;
    const calls = Array.from({ length: 20 }, () => there.client.unary(request, { signal }));
    expect(getEventListeners(signal, "abort").length).toBeLessThanOrEqual(1);
    await Promise.all(calls);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("resets the stream at the server and leaves no listener", async () => {
    await using server = await startRawHttp2Server(certificates.server, () => {});
    using there = clientOf(server);
    const abort = new AbortController();
    const call = there.client.unary(request, { signal: abort.signal });
    while (server.connections.length === 0) {
      await new Promise(setImmediate);
    }
    const connection = server.connections[0] as RawConnection;
    await connection.frame(isRequestEnd);
    abort.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    const reset = await connection.frame(({ type }) => type === FrameType.rstStream);
    expect(reset.payload.readUInt32BE()).toBe(8);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  });

  test("ends calls that wait because of MAX_CONCURRENT_STREAMS; others start once it is raised", async () => {
    const maxConcurrentStreams = 3;
    await using server = await answering((connection, id) => respond(connection, id, ok), {
      [maxConcurrentStreams]: 0,
    });
    using there = clientOf(server);
    const abort = new AbortController();
    const aborted = there.client.unary(request, { signal: abort.signal });
    const waiting = there.client.unary(request);
    await there.connection.ready(new AbortController().signal);
    for (let turn = 0; turn < 20; turn++) {
      await new Promise(setImmediate);
    }
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect(server.connections[0]?.lastStreamId).toBe(0);
    server.connections[0]?.sendSettings({ [maxConcurrentStreams]: 10 });
    expect(Buffer.from(await waiting).toString()).toBe("request");
  });

  test("with drainSignal, messages that were received can still be read", async () => {
    const read = new Recorder<number>();
    await using server = await answering((connection, id) => {
      connection.sendResponse(id);
      for (let index = 0; index < 50; index++) {
        connection.sendData(id, framed(Buffer.from([index])));
      }
    });
    using there = clientOf(server);
    const drain = new AbortController();
    for await (const message of there.client.read(request, { drainSignal: drain.signal })) {
      read.add(message[0] as number);
      if (read.values.length !== 10) {
        continue;
      }
      // All messages have arrived once the reply to a ping has.
      const connection = server.connections[0] as RawConnection;
      connection.send(FrameType.ping, 0, 0, Buffer.alloc(8));
      await connection.frame(({ type }) => type === FrameType.ping);
      drain.abort();
    }
    expect(read.values).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(getEventListeners(drain.signal, "abort")).toEqual([]);
  });
});

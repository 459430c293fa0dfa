import { decodeEvent } from "@loggregator/api/v1";
import { Recorder, reserveUdpPort, UdpListener } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { AddressLookupError, DatagramSendError, V1Client } from "./index.js";

const origin = "some-origin";

describe("V1Client without a listener", () => {
  test("reports the failure, and sends the queue once a process listens", async () => {
    await using reserved = await reserveUdpPort();
    const { port } = reserved;
    const failed = new Recorder<Error>();
    await using client = new V1Client({
      origin,
      address: `localhost:${port}`,
      onError: failed.add,
    });
    client.emitCounter("lost");
    const error = await failed.next();
    expect(error).toBeInstanceOf(DatagramSendError);
    expect(error).toMatchObject({ name: "DatagramSendError", cause: { code: "ECONNREFUSED" } });
    expect(error.message).toBe(
      `cannot send to localhost:${port}: connection refused. Is the agent running and listening on this UDP port?`,
    );
    client.emitCounter("kept");
    await using listener = await UdpListener.start(port);
    const [datagram] = await listener.next(1);
    expect(decodeEvent(datagram as Uint8Array).counterEvent?.name).toBe("kept");
  });

  test("survives the restart of the listener and loses only envelopes in flight", async () => {
    await using reserved = await reserveUdpPort();
    const first = await UdpListener.start(reserved.port);
    const failed = new Recorder<Error>();
    await using client = new V1Client({ origin, address: first.address, onError: failed.add });
    client.emitCounter("1");
    await first.next(1);
    await first.close();
    client.emitCounter("2");
    await failed.next();
    await using second = await UdpListener.start(reserved.port);
    client.emitCounter("3");
    const [datagram] = await second.next(1);
    expect(decodeEvent(datagram as Uint8Array).counterEvent?.name).toBe("3");
    await client.close();
    const reconnects = failed.values.length;
    expect(client.stats).toEqual({ sent: 3, dropped: 0, queued: 0, reconnects });
  });

  test("close() resolves quickly, and counts everything", async () => {
    await using reserved = await reserveUdpPort();
    const errors: Error[] = [];
    const client = new V1Client({
      origin,
      address: reserved.address,
      onError: (error) => errors.push(error),
    });
    for (let i = 0; i < 5_000; i++) {
      client.emitCounter("c");
    }
    await client.close();
    const { sent, dropped, queued } = client.stats;
    expect({ emitted: sent + dropped, queued }).toEqual({ emitted: 5_000, queued: 0 });
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe("V1Client with a name that cannot be resolved", () => {
  test("reports the failure and keeps the queue", async () => {
    const failed = new Recorder<Error>();
    await using client = new V1Client({ origin, address: "a..b:3457", onError: failed.add });
    client.emitCounter("c");
    await failed.count(2);
    const [error, again] = failed.values;
    expect(error).toBeInstanceOf(AddressLookupError);
    expect(error).toMatchObject({ name: "AddressLookupError", cause: { hostname: "a..b" } });
    expect(again).toBeInstanceOf(AddressLookupError);
    const reconnects = failed.values.length;
    expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 1, reconnects });
  });

  test("close() drops the queue", async () => {
    const client = new V1Client({ origin, address: "a..b:3457" });
    client.emitCounter("c");
    await client.close();
    expect(client.stats).toEqual({ sent: 0, dropped: 1, queued: 0, reconnects: 1 });
  });
});

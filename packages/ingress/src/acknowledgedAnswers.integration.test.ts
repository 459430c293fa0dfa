import { type Envelope, encodeEnvelopeBatch } from "@loggregator/api";
import { ClientError, Status } from "nice-grpc";
import { expect, test } from "vitest";
import { certificates, connectAcknowledged as connect } from "../testing/connect.js";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { type IngressCall, startIngressServer } from "../testing/ingressServer.js";

/** No retry can fix these. */
const finalStatuses = [
  Status.INVALID_ARGUMENT,
  Status.UNAUTHENTICATED,
  Status.PERMISSION_DENIED,
  Status.UNIMPLEMENTED,
];

const statuses = Object.values(Status).filter((status) => typeof status === "number");

test.for(statuses.filter((status) => status !== Status.OK && !finalStatuses.includes(status)))(
  "a batch rejected with status %i is retried, and the order is kept",
  async (status) => {
    const received: number[] = [];
    await using server = await startIngressServer(certificates.server, async (call, number) => {
      const batch: number[] = [];
      await call.read((envelope) => batch.push(numberOf(envelope)));
      if (number < 2) {
        return call.end(status, "not now");
      }
      received.push(...batch);
      call.acknowledge();
    });
    const errors: Error[] = [];
    const client = connect(server.address, { onRetryableError: (error) => errors.push(error) });
    emitNumbers(client, 0, 30);
    await client.closeSend();
    expect(received).toEqual(range(0, 30));
    expect(errors).toEqual([
      expect.objectContaining({ code: status }),
      expect.objectContaining({ code: status }),
    ]);
    expect(client.stats).toEqual({ sent: 30, dropped: 0, queued: 0, reconnects: 2 });
  },
);

test.for(finalStatuses)("status %i from the server ends the client", async (status) => {
  await using server = await startIngressServer(certificates.server, (call) => {
    call.end(status, "never");
  });
  const client = connect(server.address);
  emitNumbers(client, 0, 10);
  await expect(client.flush()).rejects.toMatchObject({
    name: "IngressError",
    message: expect.stringContaining("never"),
    cause: expect.objectContaining({ code: status }),
  });
  expect(client.stats).toEqual({ sent: 0, dropped: 10, queued: 0, reconnects: 0 });
  await expect(client.close()).rejects.toThrow("never");
});

/** Responses of intermediaries between client and agent, and of broken servers. */
const foreignAnswers: Record<string, (call: IngressCall) => void> = {
  "HTTP 404": ({ stream }) => stream.respond({ ":status": 404 }, { endStream: true }),
  "HTTP 401": ({ stream }) => stream.respond({ ":status": 401 }, { endStream: true }),
  "HTTP 403": ({ stream }) => stream.respond({ ":status": 403 }, { endStream: true }),
  "an HTML page": ({ stream }) => {
    stream.respond({ ":status": 404, "content-type": "text/html" });
    stream.end("<h1>no such route</h1>");
  },
  "no status": ({ stream }) =>
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { endStream: true }),
  "an unknown status": (call) => call.end(99 as Status, "what"),
  "a malformed status": ({ stream }) =>
    stream.respond(
      { ":status": 200, "content-type": "application/grpc", "grpc-status": "many" },
      { endStream: true },
    ),
  "OK without a message": (call) => call.end(Status.OK),
  "a response that is cut off": ({ stream }) => {
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.from("00000000ff01", "hex"));
  },
  "an unknown encoding": ({ stream }) => {
    stream.respond(
      { ":status": 200, "content-type": "application/grpc", "grpc-encoding": "snail" },
      { waitForTrailers: true },
    );
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.from("010000000100", "hex"));
  },
};

test.for(Object.entries(foreignAnswers))("retries if the response is %s", async ([, answer]) => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, async (call, number) => {
    const batch: number[] = [];
    await call.read((envelope) => batch.push(numberOf(envelope)));
    if (number < 2) {
      return answer(call);
    }
    received.push(...batch);
    call.acknowledge();
  });
  const errors: Error[] = [];
  const client = connect(server.address, {
    logger: null,
    onRetryableError: (error, attempt, delayMs) => {
      errors.push(error);
      expect(attempt).toBe(errors.length);
      expect(delayMs).toBeGreaterThan(0);
    },
  });
  emitNumbers(client, 0, 30);
  await client.close();
  expect(received).toEqual(range(0, 30));
  expect(errors).toEqual([expect.any(ClientError), expect.any(ClientError)]);
});

test("a batch that is too large for the server is split, and an envelope that is too large is dropped", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, async (call) => {
    const batch: Envelope[] = [];
    await call.read((envelope) => batch.push(envelope));
    const { length } = encodeEnvelopeBatch({ batch });
    if (length > 5_000) {
      const message = `grpc: received message larger than max (${length} vs. 5000)`;
      return call.end(Status.RESOURCE_EXHAUSTED, message);
    }
    received.push(...batch.map(numberOf));
    call.acknowledge();
  });
  const dropped: number[] = [];
  const client = connect(server.address, {
    onDropped: (count) => dropped.push(count),
  });
  emitNumbers(client, 0, 50, 1_000);
  emitNumbers(client, 50, 1, 6_000);
  emitNumbers(client, 51, 50, 1_000);
  await client.flush();
  expect(client.stats).toEqual({ sent: 100, dropped: 1, queued: 0, reconnects: 0 });
  emitNumbers(client, 101, 100);
  await client.close();
  expect(received).toEqual([...range(0, 50), ...range(51, 201)]);
  expect(dropped).toEqual([1]);
});

test("an envelope that the server cannot parse is dropped, and the other envelopes arrive", async () => {
  await using agent = await startIngressServer(certificates.server, async (call) => {
    const batch: number[] = [];
    await call.read((envelope) => batch.push(numberOf(envelope)));
    if (batch.includes(7)) {
      return call.end(
        Status.INTERNAL,
        "grpc: error unmarshalling request: proto: invalid wire-format",
      );
    }
    call.acknowledge();
  });
  const client = connect(agent.address);
  emitNumbers(client, 0, 20);
  await client.close();
  expect(client.stats).toEqual({ sent: 19, dropped: 1, queued: 0, reconnects: 0 });
});

test('a server without acknowledged calls ends the client with an error that suggests delivery "stream"', async () => {
  await using server = await startIngressServer(certificates.server, async (call) => {
    call.end(Status.UNIMPLEMENTED, "method Send not implemented");
  });
  const dropped: number[] = [];
  const logged: string[] = [];
  const client = connect(server.address, {
    onDropped: (count) => dropped.push(count),
    logger: { ...console, debug: () => {}, warn: () => {}, error: (text) => logged.push(text) },
  });
  emitNumbers(client, 0, 25);
  const expected = {
    name: "IngressError",
    message: expect.stringMatching(/UNIMPLEMENTED.*use delivery "stream"/),
    cause: expect.objectContaining({ code: Status.UNIMPLEMENTED }),
  };
  await expect(client.flush()).rejects.toMatchObject(expected);
  client.emitLog("late");
  await expect(client.closeSend()).rejects.toMatchObject(expected);
  expect(client.stats).toEqual({ sent: 0, dropped: 26, queued: 0, reconnects: 0 });
  expect(dropped.reduce((sum, count) => sum + count)).toBe(26);
  expect(logged).toEqual([expect.stringContaining('use delivery "stream"')]);
});

import { expect, test } from "vitest";
import { certificates, connect } from "../testing/connect.js";
import { emitNumbers, numberOf, range } from "../testing/envelopes.js";
import { startIngressServer } from "../testing/ingressServer.js";

test("drops the 5 oldest of 15 envelopes in a queue of 10, and sends the others in order", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, (call) =>
    call.serve((envelope) => received.push(numberOf(envelope))),
  );
  const dropped: number[] = [];
  const client = connect(server.address, {
    batchMaxSize: 100,
    maxQueueSize: 10,
    onDropped: (count) => dropped.push(count),
  });
  emitNumbers(client, 0, 15);
  expect(client.stats).toEqual({ sent: 0, dropped: 5, queued: 10, reconnects: 0 });
  await client.closeSend();
  expect(received).toEqual(range(5, 15));
  expect(dropped).toEqual([5]);
});

test("maxQueueBytes limits the queue as well as maxQueueSize", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, (call) =>
    call.serve((envelope) => received.push(numberOf(envelope))),
  );
  const client = connect(server.address, { maxQueueBytes: 10_000 });
  emitNumbers(client, 0, 100, 1_000);
  expect(client.stats.queued).toBe(9);
  await client.closeSend();
  expect(received).toEqual(range(91, 100));
});

test("splits batches at 10 MiB, and drops and reports larger envelopes", async () => {
  const received: number[] = [];
  await using server = await startIngressServer(certificates.server, (call) =>
    call.serve((envelope) => received.push(numberOf(envelope))),
  );
  const dropped: number[] = [];
  const client = connect(server.address, { onDropped: (count) => dropped.push(count) });
  const mebibyte = 1024 * 1024;
  emitNumbers(client, 0, 3, 4 * mebibyte);
  emitNumbers(client, 3, 1, 10 * mebibyte);
  emitNumbers(client, 4, 1, 10 * mebibyte - 100);
  expect(client.stats).toMatchObject({ dropped: 1, queued: 4 });
  await client.closeSend();
  expect(received).toEqual([0, 1, 2, 4]);
  expect(dropped).toEqual([1]);
});

test.for(["stream", "acknowledged"] as const)(
  "splits batches at the connection's message limit if that is less than 10 MiB (%s)",
  async (delivery) => {
    const received: number[] = [];
    await using server = await startIngressServer(certificates.server, (call) =>
      call.serve((envelope) => received.push(numberOf(envelope))),
    );
    const channelOptions = { "grpc.max_send_message_length": 10_000 };
    const client = connect(server.address, { delivery, channelOptions });
    emitNumbers(client, 0, 50, 4_000);
    emitNumbers(client, 50, 1, 10_000);
    emitNumbers(client, 51, 1, 9_900);
    await client.closeSend();
    expect(received).toEqual([...range(0, 50), 51]);
    expect(client.stats).toEqual({ sent: 51, dropped: 1, queued: 0, reconnects: 0 });
  },
);

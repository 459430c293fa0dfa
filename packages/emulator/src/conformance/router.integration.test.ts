// The router's own endpoint, one test for each fact that was observed of a real one.
import { counterEnvelope, selectCounter, selectLog } from "@loggregator/api";
import { Status } from "nice-grpc";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GrpcClients } from "../../testing/grpcClients.js";
import { type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;
let clients: GrpcClients;

beforeEach(async () => {
  emulator = await startEmulator({ realism: "strict", logger: null });
  const { router, tls } = emulator;
  // Clients that send to the router and read from it.
  clients = new GrpcClients({
    ingress: router,
    egress: router,
    tls: { ...tls, ingress: tls.router, egress: tls.router },
  });
});

afterEach(async () => {
  await clients[Symbol.asyncDispose]();
  await emulator.close();
});

async function* stream<T>(...messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}

test("Send and Receiver are UNIMPLEMENTED", async () => {
  await expect(clients.ingress.send({ batch: [] })).rejects.toMatchObject({
    code: Status.UNIMPLEMENTED,
    details: "this endpoint is not yet implemented",
  });
  const receiving = clients.egress.receiver({ selectors: [selectLog()] })[Symbol.asyncIterator]();
  await expect(receiving.next()).rejects.toMatchObject({
    code: Status.UNIMPLEMENTED,
    details: "use BatchedReceiver instead",
  });
});

test("readers can use it like an RLP; it computes no totals and does not change tags", async () => {
  const reader = clients.read({ selectors: [selectCounter()], usePreferredTags: true });
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  const counter = {
    ...counterEnvelope("c", { sourceId: "app", tags: { a: "b" } }),
    deprecatedTags: { c: { data: { $case: "integer" as const, value: 1n } } },
  };
  await expect(
    clients.ingress.batchSender(stream({ batch: [counter, counter] })),
  ).rejects.toMatchObject({ code: Status.UNKNOWN, details: "EOF" });
  expect(await reader.received(2)).toEqual([counter, counter]);
});

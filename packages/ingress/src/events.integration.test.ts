import { type Envelope, isEvent } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { type Certificates, createCertificates } from "@loggregator/testing/certificates";
import { ClientError, Status } from "nice-grpc";
import { beforeAll, expect, test } from "vitest";
import { startIngressServer } from "../testing/ingressServer.js";
import { IngressClient, type IngressClientOptions, IngressError } from "./index.js";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

function connect(address: string, options: Partial<IngressClientOptions> = {}): IngressClient {
  return new IngressClient({ address, tls: certificates.client, logger: null, ...options });
}

test("emitEvent resolves when the server has acknowledged the event", async () => {
  const received: Envelope[] = [];
  await using emulator = await startEmulator({ onEnvelope: (envelope) => received.push(envelope) });
  await using client = new IngressClient({
    address: emulator.ingress.address,
    tls: emulator.tls.ingress,
    tags: { origin: "test" },
  });
  await client.emitEvent("deploy", "v42 is live", { sourceId: "app" });
  expect(received).toHaveLength(1);
  const [event] = received;
  expect(event).toMatchObject({ sourceId: "app", tags: { origin: "test" } });
  expect(event && isEvent(event) && event.message.value).toMatchObject({
    title: "deploy",
    body: "v42 is live",
  });
  expect(client.stats).toEqual({ sent: 0, dropped: 0, queued: 0, reconnects: 0 });
});

test("emitEvent rejects with the server's status as its cause", async () => {
  await using server = await startIngressServer(certificates.server, (call) =>
    call.end(Status.PERMISSION_DENIED, "not you"),
  );
  await using client = connect(server.address);
  const error: unknown = await client.emitEvent("t", "b").catch((error: unknown) => error);
  expect(error).toBeInstanceOf(IngressError);
  expect(error).toMatchObject({
    message: expect.stringMatching(/^the event was not delivered: .*PERMISSION_DENIED: not you$/),
  });
  expect((error as IngressError).cause).toBeInstanceOf(ClientError);
  expect((error as IngressError).cause).toMatchObject({ code: Status.PERMISSION_DENIED });
});

test("emitEvent suggests an alternative if the server does not support acknowledged calls", async () => {
  await using server = await startIngressServer(certificates.server, (call) =>
    call.end(Status.UNIMPLEMENTED, "unknown method"),
  );
  await using client = connect(server.address);
  await expect(client.emitEvent("t", "b")).rejects.toThrow(
    /UNIMPLEMENTED.*use emit\(eventEnvelope\(title, body\)\)$/,
  );
});

test("emitEvent rejects if there is no server", async () => {
  await using client = connect("127.0.0.1:1");
  await expect(client.emitEvent("t", "b")).rejects.toMatchObject({
    name: "IngressError",
    message: expect.stringContaining("cannot connect to 127.0.0.1:1: connection refused"),
    cause: expect.objectContaining({ name: "ConnectionError", code: Status.UNAVAILABLE }),
  });
});

test("emitEvent rejects after stallTimeoutMs without a response", async () => {
  await using server = await startIngressServer(certificates.server, () => {});
  await using client = connect(server.address, { stallTimeoutMs: 50 });
  await expect(client.emitEvent("t", "b")).rejects.toMatchObject({
    name: "IngressError",
    cause: expect.objectContaining({ name: "StallError", code: Status.DEADLINE_EXCEEDED }),
  });
});

test("emitEvent rejects with its signal's reason", async () => {
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  await using server = await startIngressServer(certificates.server, () => arrived());
  await using client = connect(server.address);
  const abort = new AbortController();
  const sending = client.emitEvent("t", "b", { signal: abort.signal });
  await arrival;
  abort.abort();
  await expect(sending).rejects.toMatchObject({ name: "AbortError" });
  await expect(client.emitEvent("t", "b", { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: "AbortError",
  });
});

test("emitEvent rejects invalid arguments", async () => {
  await using client = connect("127.0.0.1:1");
  await expect(client.emitEvent(1 as never, "b")).rejects.toThrow(TypeError);
  await expect(client.emitEvent("t", "b", { tags: { a: 1 as never } })).rejects.toThrow(/tags.*1/);
  await expect(client.emitEvent("t", "b", null as never)).rejects.toThrow(TypeError);
});

test("closeSend waits for pending events, an abort does not", async () => {
  let answer = () => {};
  let arrived = () => {};
  let arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  await using server = await startIngressServer(certificates.server, async (call) => {
    await call.read();
    answer = () => call.acknowledge();
    arrived();
  });
  const client = connect(server.address);
  const sending = client.emitEvent("t", "b");
  await arrival;
  const closing = client.closeSend();
  answer();
  await Promise.all([closing, sending]);

  arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const abort = new AbortController();
  const other = connect(server.address, { signal: abort.signal });
  const lost = other.emitEvent("t", "b");
  await arrival;
  abort.abort();
  await expect(lost).rejects.toThrow("the event was not delivered: the client closed first");
});

test("closeSend waits for pending events, even if the stream ends first", async () => {
  let answer = () => {};
  let streamEnded = () => {};
  const end = new Promise<void>((resolve) => {
    streamEnded = resolve;
  });
  await using server = await startIngressServer(certificates.server, async (call) => {
    await call.read();
    if (call.path.endsWith("/Send")) {
      answer = () => call.acknowledge();
    } else {
      call.stream.once("close", streamEnded);
      call.end(Status.UNKNOWN, "EOF");
    }
  });
  const client = connect(server.address);
  client.emitLog("hello");
  const sending = client.emitEvent("t", "b");
  const closing = client.closeSend();
  await end;
  await new Promise((resolve) => setTimeout(resolve, 20));
  answer();
  await Promise.all([closing, sending]);
});

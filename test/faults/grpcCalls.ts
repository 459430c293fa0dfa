import type { ServerHttp2Session } from "node:http2";
import { setTimeout as wait } from "node:timers/promises";
import { encodeEnvelopeBatch, logEnvelope, selectLog } from "@loggregator/api";
import { type EgressError, EnvelopeStreamConnector, Status } from "@loggregator/egress";
import { IngressClient, type IngressError } from "@loggregator/ingress";
import { expect } from "vitest";
import type { Certificates } from "../../packages/ingress/testing/certificates.js";
import { GrpcServer, type ServerCall } from "../../packages/ingress/testing/grpcServer.js";
import { Course } from "./course.js";
import { GoIngress, GoReader } from "./goClients.js";
import { compare, isOrdered, numberOf, upTo } from "./numbers.js";
import { backoffCapMs, goPatienceMs } from "./recovery.js";
import type { Row } from "./report.js";

/** What a server does to the first call, or to its connection. */
export interface Fault {
  /** Before anything of the call is read or answered. True: the call has ended. */
  readonly atOpen?: (call: ServerCall) => boolean;
  /** When it has got, or sent, some hundred envelopes. */
  readonly inTheMiddle?: (call: ServerCall) => void;
  /** To the first connection, before there are streams. */
  readonly onSession?: (session: ServerHttp2Session) => void;
}

/** What comes of a client: it goes on, or it ends for good. */
type Outcome = "goes on" | "ends";

export interface Expected {
  readonly acknowledged: Outcome;
  readonly egress: Outcome;
}

interface Setting {
  readonly certificates: Certificates;
  readonly fault: Fault;
  /** After how many envelopes it is the middle. */
  readonly middle: number;
}

type Result = Omit<Row, "fault" | "client">;

const retry = { retryBaseDelayMs: 10, retryMaxDelayMs: backoffCapMs };

const source = "numbers";

/** Has an ingress client go through the fault. */
export async function ingest(
  who: "stream" | "acknowledged" | "go ingress",
  setting: Setting,
  expected: Expected,
): Promise<Result> {
  const { certificates, fault, middle } = setting;
  using course = new Course();
  const arrived: number[] = [];
  await using server = await GrpcServer.start(certificates.server, async (call, number) => {
    if (number === 0 && fault.atOpen?.(call)) return course.inflict();
    let ended = false;
    await call.read((envelope, batch) => {
      if (ended) return;
      if (number > 0 || fault.onSession !== undefined) course.recover();
      arrived.push(numberOf(envelope));
      const isMiddle = arrived.length >= middle && envelope === batch.at(-1);
      if (isMiddle && fault.inTheMiddle !== undefined && !course.inflicted) {
        ended = true;
        course.inflict();
        fault.inTheMiddle(call);
      }
    });
    if (!call.stream.headersSent) {
      if (call.path.endsWith("/Send")) call.acknowledge();
      else call.end(Status.UNKNOWN, "EOF");
    }
  });
  breakFirstSession(server, fault, course);
  const { emitted, remark } =
    who === "go ingress"
      ? await emitWithGo(server, certificates, course)
      : await emit(who, server, certificates, course, expected);
  const counts = compare(upTo(emitted), arrived);
  if (who !== "go ingress") {
    course.expectInTime(who);
    expect(isOrdered(arrived)).toBe(true);
    if (who === "stream") expect(counts.duplicated).toBe(0);
    else if (expected.acknowledged === "goes on") expect(counts.lost).toBe(0);
  }
  return { ...counts, ...course.result, remark };
}

async function emit(
  delivery: "stream" | "acknowledged",
  server: GrpcServer,
  certificates: Certificates,
  course: Course,
  expected: Expected,
) {
  const client = new IngressClient({
    address: server.address,
    tls: certificates.client,
    delivery,
    batchMaxSize: 20,
    flushIntervalMs: 5,
    // Node.js does not end a stream that is reset with NO_ERROR while something is being written.
    stallTimeoutMs: backoffCapMs / 2,
    retry: { baseDelayMs: 10, maxDelayMs: backoffCapMs },
    logger: null,
  });
  let emitted = 0;
  const ends = delivery === "acknowledged" && expected.acknowledged === "ends";
  while (ends ? client.stats.dropped === 0 : course.recoveredMs === undefined) {
    for (let i = 0; i < 20; i++) client.emitLog(String(emitted++));
    const { sent, dropped, queued } = client.stats;
    expect(sent + dropped + queued).toBe(emitted);
    await wait(2);
    if (emitted > 100_000) throw new Error("expected the client to recover");
  }
  const failure = await client.closeSend().catch((error: IngressError) => error);
  const { sent, dropped } = client.stats;
  expect(sent + dropped).toBe(emitted);
  if (ends) expect(failure).toMatchObject({ name: "IngressError" });
  else {
    expect(failure).toBeUndefined();
    expect(dropped).toBe(0);
  }
  return { emitted, remark: ends ? "ends" : undefined };
}

async function emitWithGo(server: GrpcServer, certificates: Certificates, course: Course) {
  await using client = await GoIngress.start(source, server.address, certificates.client);
  const end = performance.now() + goPatienceMs;
  let emitted = 0;
  while (course.recoveredMs === undefined && performance.now() < end) {
    client.emit(Array.from({ length: 20 }, () => String(emitted++)));
    await wait(2);
  }
  await client.closeSend();
  return { emitted, remark: course.recoveredMs === undefined ? "not back" : undefined };
}

/** Has an egress client go through the fault. */
export async function read(
  who: "egress" | "go egress",
  setting: Setting,
  expected: Expected,
): Promise<Result> {
  const { certificates, fault, middle } = setting;
  using course = new Course();
  let sent = 0;
  /** The first number behind the fault. */
  let resumedFrom = fault.onSession === undefined ? Number.POSITIVE_INFINITY : 0;
  await using server = await GrpcServer.start(certificates.server, async (call, number) => {
    const { stream } = call;
    stream.resume();
    if (number === 0 && fault.atOpen?.(call)) return course.inflict();
    if (number > 0) resumedFrom = Math.min(resumedFrom, sent);
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    while (!stream.destroyed && !stream.closed) {
      if (number === 0 && sent >= middle && fault.inTheMiddle !== undefined) {
        course.inflict();
        return fault.inTheMiddle(call);
      }
      stream.write(message(Array.from({ length: 20 }, () => String(sent++))));
      await wait(2);
    }
  });
  breakFirstSession(server, fault, course);
  const look = (number: number | undefined) => {
    if (number !== undefined && number >= resumedFrom) course.recover();
    return course.recoveredMs !== undefined;
  };
  const { numbers, remark } =
    who === "go egress"
      ? await readWithGo(server, certificates, look)
      : await readOn(server, certificates, look, expected);
  // What the server sent since is still under way.
  const last = course.recoveredMs === undefined ? sent - 1 : (numbers.at(-1) ?? -1);
  const counts = compare(upTo(last + 1), numbers);
  if (who === "egress") {
    course.expectInTime(who);
    expect(isOrdered(numbers)).toBe(true);
    expect(counts.duplicated).toBe(0);
  }
  return { ...counts, ...course.result, remark };
}

/** Says whether the client is back, by the newest number that it read. */
type Look = (number: number | undefined) => boolean;

async function readOn(
  server: GrpcServer,
  certificates: Certificates,
  look: Look,
  expected: Expected,
) {
  await using connector = new EnvelopeStreamConnector({
    address: server.address,
    tls: certificates.client,
    retry,
  });
  const numbers: number[] = [];
  let failure: EgressError | undefined;
  try {
    for await (const batch of connector.stream({ selectors: [selectLog()] })) {
      numbers.push(...batch.map(numberOf));
      if (look(numbers.at(-1))) break;
    }
  } catch (error) {
    failure = error as EgressError;
  }
  const ends = expected.egress === "ends";
  if (ends) expect(failure).toMatchObject({ name: "EgressError" });
  else expect(failure).toBeUndefined();
  return { numbers, remark: ends ? "ends" : undefined };
}

async function readWithGo(server: GrpcServer, certificates: Certificates, look: Look) {
  const { address } = server;
  await using reader = await GoReader.start("egress-reader", address, "", certificates.client);
  const end = performance.now() + goPatienceMs;
  while (!look(reader.numbers.at(-1)) && performance.now() < end) await wait(2);
  const remark = look(reader.numbers.at(-1)) ? undefined : "not back";
  return { numbers: reader.numbers, remark };
}

function breakFirstSession(server: GrpcServer, { onSession }: Fault, course: Course): void {
  if (onSession === undefined) return;
  let sessions = 0;
  server.onSession = (session) => {
    if (sessions++ > 0) return;
    course.inflict();
    onSession(session);
  };
}

/** A gRPC message with a batch of these lines. */
function message(lines: readonly string[]): Buffer {
  const bytes = encodeEnvelopeBatch({ batch: lines.map((line) => logEnvelope(line)) });
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

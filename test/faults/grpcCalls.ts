import type { ServerHttp2Session } from "node:http2";
import { setTimeout as wait } from "node:timers/promises";
import { decodeEnvelopeBatch, logEnvelope, selectLog } from "@loggregator/api";
import { type EgressError, EnvelopeStreamConnector, Status } from "@loggregator/egress";
import { IngressClient, type IngressError } from "@loggregator/ingress";
import { frameBatch, GrpcTestServer, type TestCall } from "@loggregator/testing";
import type { Certificates } from "@loggregator/testing/certificates";
import { expect } from "vitest";
import { GoIngress, GoReader } from "./clients/goClients.js";
import { FaultTimeline } from "./measures/faultTimeline.js";
import { compare, isOrdered, numberOf, upTo } from "./measures/numbers.js";
import { backoffCapMs, goTimeoutMs } from "./measures/recovery.js";
import type { Row } from "./report.js";

/** The server's misbehaviour on the first call, or on its connection. */
export interface Fault {
  /** Called before the call is read or answered. Returns true if it has ended the call. */
  readonly atOpen?: (call: TestCall) => boolean;
  /** Called after some hundred envelopes were received or sent. */
  readonly inTheMiddle?: (call: TestCall) => void;
  /** Called for the first connection, before it has streams. */
  readonly onSession?: (session: ServerHttp2Session) => void;
}

/** The expected behaviour of a client: it retries and continues, or it ends. */
type Outcome = "continues" | "ends";

export interface Expected {
  readonly acknowledged: Outcome;
  readonly egress: Outcome;
}

interface Setting {
  readonly certificates: Certificates;
  readonly fault: Fault;
  /** The number of envelopes before `inTheMiddle` is called. */
  readonly middle: number;
}

type Result = Omit<Row, "fault" | "client">;

const retry = { baseDelayMs: 10, maxDelayMs: backoffCapMs };

const source = "numbers";

/** Exposes an ingress client to the fault. */
export async function ingest(
  who: "stream" | "acknowledged" | "go ingress",
  setting: Setting,
  expected: Expected,
): Promise<Result> {
  const { certificates, fault, middle } = setting;
  using timeline = new FaultTimeline();
  const arrived: number[] = [];
  const onCall = async (call: TestCall, number: number) => {
    if (number === 0 && fault.atOpen?.(call)) {
      return timeline.inflict();
    }
    let ended = false;
    await call.read((bytes) => {
      const { batch } = decodeEnvelopeBatch(bytes);
      if (ended) {
        return;
      }
      if (number > 0 || fault.onSession !== undefined) {
        timeline.recover();
      }
      arrived.push(...batch.map(numberOf));
      if (arrived.length >= middle && fault.inTheMiddle !== undefined && !timeline.inflicted) {
        ended = true;
        timeline.inflict();
        fault.inTheMiddle(call);
      }
    });
    if (!call.stream.headersSent) {
      if (call.path.endsWith("/Send")) {
        call.acknowledge();
      } else {
        call.end(Status.UNKNOWN, "EOF");
      }
    }
  };
  await using server = await GrpcTestServer.start({
    tls: certificates.server,
    onCall,
    onSession: breakFirst(fault, timeline),
  });
  const { emitted, remark } =
    who === "go ingress"
      ? await emitWithGo(server, certificates, timeline)
      : await emit(who, server, certificates, timeline, expected);
  const counts = compare(upTo(emitted), arrived);
  if (who !== "go ingress") {
    timeline.expectInTime(who);
    expect(isOrdered(arrived)).toBe(true);
    if (who === "stream") {
      expect(counts.duplicated).toBe(0);
    } else if (expected.acknowledged === "continues") {
      expect(counts.lost).toBe(0);
    }
  }
  return { ...counts, ...timeline.result, remark };
}

async function emit(
  delivery: "stream" | "acknowledged",
  server: GrpcTestServer,
  certificates: Certificates,
  timeline: FaultTimeline,
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
    retry,
    logger: null,
  });
  let emitted = 0;
  const ends = delivery === "acknowledged" && expected.acknowledged === "ends";
  while (ends ? client.stats.dropped === 0 : timeline.recoveredMs === undefined) {
    for (let i = 0; i < 20; i++) {
      client.emitLog(String(emitted++));
    }
    const { sent, dropped, queued } = client.stats;
    expect(sent + dropped + queued).toBe(emitted);
    await wait(2);
    if (emitted > 100_000) {
      throw new Error("expected the client to recover");
    }
  }
  const failure = await client.closeSend().catch((error: IngressError) => error);
  const { sent, dropped } = client.stats;
  expect(sent + dropped).toBe(emitted);
  if (ends) {
    expect(failure).toMatchObject({ name: "IngressError" });
  } else {
    expect(failure).toBeUndefined();
    expect(dropped).toBe(0);
  }
  return { emitted, remark: ends ? "ends" : undefined };
}

async function emitWithGo(
  server: GrpcTestServer,
  certificates: Certificates,
  timeline: FaultTimeline,
) {
  await using client = await GoIngress.start(source, server.address, certificates.client);
  const end = performance.now() + goTimeoutMs;
  let emitted = 0;
  while (timeline.recoveredMs === undefined && performance.now() < end) {
    client.emit(Array.from({ length: 20 }, () => String(emitted++)));
    await wait(2);
  }
  await client.closeSend();
  return { emitted, remark: timeline.recoveredMs === undefined ? "not back" : undefined };
}

/** Exposes an egress client to the fault. */
export async function read(
  who: "egress" | "go egress",
  setting: Setting,
  expected: Expected,
): Promise<Result> {
  const { certificates, fault, middle } = setting;
  using timeline = new FaultTimeline();
  let sent = 0;
  /** The first number that was sent after the fault. */
  let resumedFrom = fault.onSession === undefined ? Number.POSITIVE_INFINITY : 0;
  const onCall = async (call: TestCall, number: number) => {
    const { stream } = call;
    stream.resume();
    if (number === 0 && fault.atOpen?.(call)) {
      return timeline.inflict();
    }
    if (number > 0) {
      resumedFrom = Math.min(resumedFrom, sent);
    }
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    while (!stream.destroyed && !stream.closed) {
      if (number === 0 && sent >= middle && fault.inTheMiddle !== undefined) {
        timeline.inflict();
        return fault.inTheMiddle(call);
      }
      stream.write(message(Array.from({ length: 20 }, () => String(sent++))));
      await wait(2);
    }
  };
  await using server = await GrpcTestServer.start({
    tls: certificates.server,
    onCall,
    onSession: breakFirst(fault, timeline),
  });
  const hasRecovered = (number: number | undefined) => {
    if (number !== undefined && number >= resumedFrom) {
      timeline.recover();
    }
    return timeline.recoveredMs !== undefined;
  };
  const { numbers, remark } =
    who === "go egress"
      ? await readWithGo(server, certificates, hasRecovered)
      : await readOn(server, certificates, hasRecovered, expected);
  // Numbers that the server has sent since are in flight.
  const last = timeline.recoveredMs === undefined ? sent - 1 : (numbers.at(-1) ?? -1);
  const counts = compare(upTo(last + 1), numbers);
  if (who === "egress") {
    timeline.expectInTime(who);
    expect(isOrdered(numbers)).toBe(true);
    expect(counts.duplicated).toBe(0);
  }
  return { ...counts, ...timeline.result, remark };
}

/** Returns true if the client has recovered, given the newest number that it has read. */
type HasRecovered = (number: number | undefined) => boolean;

async function readOn(
  server: GrpcTestServer,
  certificates: Certificates,
  hasRecovered: HasRecovered,
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
      if (hasRecovered(numbers.at(-1))) {
        break;
      }
    }
  } catch (error) {
    failure = error as EgressError;
  }
  const ends = expected.egress === "ends";
  if (ends) {
    expect(failure).toMatchObject({ name: "EgressError" });
  } else {
    expect(failure).toBeUndefined();
  }
  return { numbers, remark: ends ? "ends" : undefined };
}

async function readWithGo(
  server: GrpcTestServer,
  certificates: Certificates,
  hasRecovered: HasRecovered,
) {
  const { address } = server;
  await using reader = await GoReader.start("egress-reader", address, "", certificates.client);
  const end = performance.now() + goTimeoutMs;
  while (!hasRecovered(reader.numbers.at(-1)) && performance.now() < end) {
    await wait(2);
  }
  const remark = hasRecovered(reader.numbers.at(-1)) ? undefined : "not back";
  return { numbers: reader.numbers, remark };
}

/** Applies the fault to the first connection, if it has one for connections. */
function breakFirst({ onSession }: Fault, timeline: FaultTimeline) {
  let sessions = 0;
  return (session: ServerHttp2Session) => {
    if (onSession === undefined || sessions++ > 0) {
      return;
    }
    timeline.inflict();
    onSession(session);
  };
}

/** Returns a gRPC message with a batch of these lines. */
function message(lines: readonly string[]): Buffer {
  return frameBatch(lines.map((line) => logEnvelope(line)));
}

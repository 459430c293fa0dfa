import { constants, type ServerHttp2Session } from "node:http2";
import { setTimeout as wait } from "node:timers/promises";
import { encodeEnvelopeBatch, isLog, logEnvelope, selectLog } from "@loggregator/api";
import { type EgressError, EnvelopeStreamConnector, Status } from "@loggregator/egress";
import { IngressClient, type IngressError } from "@loggregator/ingress";
import { beforeAll, expect, test } from "vitest";
import { createCertificates } from "../../packages/ingress/testing/certificates.js";
import { GrpcServer, type ServerCall } from "../../packages/ingress/testing/grpcServer.js";
import { compare, isOrdered, type Row, report } from "./report.js";
import { expectReleased, resources } from "./resources.js";
import { backoffCapMs } from "./scenario.js";

let certificates: Awaited<ReturnType<typeof createCertificates>>;

beforeAll(async () => {
  certificates = await createCertificates({
    commonName: "metron",
    altNames: ["metron", "reverselogproxy"],
  });
});

/** What the server does to the first call of each kind, or to its connection. */
interface Fault {
  /** Before anything of the call is read or answered. True: the call has ended. */
  readonly atOpen?: (call: ServerCall) => boolean;
  /** When it has got, or sent, 200 envelopes. */
  readonly inTheMiddle?: (call: ServerCall) => void;
  /** To the first connections, before there are streams. */
  readonly onSession?: (session: ServerHttp2Session) => void;
}

const retry = { retryBaseDelayMs: 10, retryMaxDelayMs: backoffCapMs };

/** What comes of a client: how it ended for good, or that it did not. */
type Outcome = "goes on" | "ends";

interface Expected {
  readonly acknowledged: Outcome;
  readonly egress: Outcome;
}

async function goThrough(name: string, fault: Fault, expected: Expected): Promise<void> {
  const before = resources();
  const rows: Row[] = [];
  for (const delivery of ["stream", "acknowledged"] as const) {
    rows.push(await ingest(name, delivery, fault, expected));
  }
  rows.push(await read(name, fault, expected));
  report(rows);
  for (const { recoveredMs, client } of rows) {
    if (recoveredMs === undefined) continue;
    expect(recoveredMs, `${client}: time to recover`).toBeLessThanOrEqual(2 * backoffCapMs);
  }
  await expectReleased(before);
}

async function ingest(
  name: string,
  delivery: "stream" | "acknowledged",
  fault: Fault,
  expected: Expected,
): Promise<Row> {
  const arrived: number[] = [];
  let inflictedAt: number | undefined;
  let recoveredMs: number | undefined;
  const inflicted = () => {
    inflictedAt ??= performance.now();
  };
  await using server = await GrpcServer.start(certificates.server, async (call, number) => {
    if (number === 0 && fault.atOpen?.(call)) return inflicted();
    let ended = false;
    await call.read((envelope) => {
      if (ended) return;
      if (inflictedAt !== undefined && (number > 0 || fault.onSession !== undefined)) {
        recoveredMs ??= performance.now() - inflictedAt;
      }
      arrived.push(numberOf(envelope));
      if (arrived.length === 200 && fault.inTheMiddle !== undefined) {
        ended = true;
        inflicted();
        fault.inTheMiddle(call);
      }
    });
    if (!call.stream.headersSent) {
      if (call.path.endsWith("/Send")) call.acknowledge();
      else call.end(Status.UNKNOWN, "EOF");
    }
  });
  let sessions = 0;
  server.onSession = (session) => {
    if (sessions++ > 0 || fault.onSession === undefined) return;
    inflicted();
    fault.onSession(session);
  };
  const client = new IngressClient({
    address: server.address,
    tls: certificates.client,
    delivery,
    batchMaxSize: 20,
    flushIntervalMs: 5,
    stallTimeoutMs: 500,
    ...retry,
  });
  let emitted = 0;
  const emit = () => {
    for (let i = 0; i < 20; i++) client.emitLog(String(emitted++));
    const { sent, dropped, queued } = client.stats;
    expect(sent + dropped + queued).toBe(emitted);
  };
  const ends = delivery === "acknowledged" && expected.acknowledged === "ends";
  while (ends ? client.stats.dropped === 0 : recoveredMs === undefined) {
    emit();
    await wait(2);
    if (emitted > 50_000) throw new Error("expected the client to recover");
  }
  const failure = await client.closeSend().catch((error: IngressError) => error);
  const { sent, dropped, queued } = client.stats;
  expect(sent + dropped + queued).toBe(emitted);
  const counts = compare(
    Array.from({ length: emitted }, (_, number) => number),
    arrived,
  );
  expect(isOrdered(arrived)).toBe(true);
  if (ends) {
    expect(failure).toMatchObject({ name: "IngressError" });
    expect(counts.lost).toBeLessThanOrEqual(dropped);
  } else {
    expect(failure).toBeUndefined();
    expect(dropped).toBe(0);
    if (delivery === "acknowledged") expect(counts.lost).toBe(0);
    else expect(counts.duplicated).toBe(0);
  }
  return { fault: name, client: delivery, ...counts, recoveredMs };
}

async function read(name: string, fault: Fault, expected: Expected): Promise<Row> {
  let sent = 0;
  let inflictedAt: number | undefined;
  let recoveredMs: number | undefined;
  const inflicted = () => {
    inflictedAt ??= performance.now();
  };
  await using server = await GrpcServer.start(certificates.server, async (call, number) => {
    call.stream.resume();
    if (number === 0 && fault.atOpen?.(call)) return inflicted();
    const { stream } = call;
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    for (let batches = 0; !stream.destroyed && !stream.closed; batches++) {
      if (number === 0 && batches === 10 && fault.inTheMiddle !== undefined) {
        inflicted();
        fault.inTheMiddle(call);
        return;
      }
      stream.write(message(Array.from({ length: 20 }, () => logEnvelope(String(sent++)))));
      await wait(2);
    }
  });
  let sessions = 0;
  server.onSession = (session) => {
    if (sessions++ > 0 || fault.onSession === undefined) return;
    inflicted();
    fault.onSession(session);
  };
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
      // An envelope that was sent after the fault.
      if (inflictedAt !== undefined && connector.stats.reconnects > 0) {
        recoveredMs = performance.now() - inflictedAt;
        break;
      }
    }
  } catch (error) {
    failure = error as EgressError;
  }
  if (expected.egress === "ends") expect(failure).toMatchObject({ name: "EgressError" });
  else expect(failure).toBeUndefined();
  const last = numbers.at(-1) ?? -1;
  const counts = compare(
    Array.from({ length: last + 1 }, (_, number) => number),
    numbers,
  );
  expect(isOrdered(numbers)).toBe(true);
  expect(counts.duplicated).toBe(0);
  return { fault: name, client: "egress", ...counts, recoveredMs };
}

/** The statuses that tell a client that what it asks can't be had. */
const endsAcknowledged = [
  Status.INVALID_ARGUMENT,
  Status.NOT_FOUND,
  Status.ALREADY_EXISTS,
  Status.PERMISSION_DENIED,
  Status.OUT_OF_RANGE,
  Status.UNIMPLEMENTED,
  Status.UNAUTHENTICATED,
];
const endsEgress = [
  Status.INVALID_ARGUMENT,
  Status.PERMISSION_DENIED,
  Status.UNIMPLEMENTED,
  Status.UNAUTHENTICATED,
];
const statuses = Object.entries(Status).filter(
  (entry): entry is [string, Status] => typeof entry[1] === "number" && entry[1] > Status.OK,
);

test.each(statuses)("status %s at open", (name, status) =>
  goThrough(
    `status ${name} at open`,
    {
      atOpen: (call) => {
        call.end(status, "not today");
        return true;
      },
    },
    {
      acknowledged: endsAcknowledged.includes(status) ? "ends" : "goes on",
      egress: endsEgress.includes(status) ? "ends" : "goes on",
    },
  ),
);

test.each(statuses)("status %s in the middle", (name, status) =>
  goThrough(
    `status ${name} in the middle`,
    { inTheMiddle: (call) => finish(call, status) },
    {
      acknowledged: endsAcknowledged.includes(status) ? "ends" : "goes on",
      egress: endsEgress.includes(status) ? "ends" : "goes on",
    },
  ),
);

const goesOn: Expected = { acknowledged: "goes on", egress: "goes on" };

test("status OK in the middle", () =>
  goThrough("status OK in the middle", { inTheMiddle: (call) => finish(call, Status.OK) }, goesOn));

test("GOAWAY before there are streams", () =>
  goThrough(
    "GOAWAY before there are streams",
    { onSession: (session) => session.goaway(constants.NGHTTP2_NO_ERROR) },
    goesOn,
  ));

test("GOAWAY with streams open", () =>
  goThrough(
    "GOAWAY with streams open",
    {
      inTheMiddle: ({ stream }) => {
        stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
        stream.session?.destroy();
      },
    },
    goesOn,
  ));

test("GOAWAY too_many_pings", () =>
  goThrough(
    "GOAWAY too_many_pings",
    {
      inTheMiddle: ({ stream: { session } }) => {
        const reason = Buffer.from("too_many_pings");
        session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, reason);
        setImmediate(() => session?.destroy());
      },
    },
    goesOn,
  ));

test.each(["NO_ERROR", "INTERNAL_ERROR", "REFUSED_STREAM", "CANCEL", "ENHANCE_YOUR_CALM"] as const)(
  "RST_STREAM %s",
  (code) =>
    goThrough(
      `RST_STREAM ${code}`,
      { inTheMiddle: ({ stream }) => stream.close(constants[`NGHTTP2_${code}`]) },
      goesOn,
    ),
);

test("the server ends the connection without a word", () =>
  goThrough(
    "the server ends the connection without a word",
    { inTheMiddle: ({ stream }) => stream.session?.destroy() },
    goesOn,
  ));

/** Ends a call with a status, whether its answer has begun or not. */
function finish(call: ServerCall, status: Status): void {
  const { stream } = call;
  if (stream.headersSent) {
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(status) }));
    stream.end();
  } else if (status === Status.OK) {
    call.acknowledge();
  } else {
    call.end(status, "not any more");
  }
}

function message(batch: Parameters<typeof encodeEnvelopeBatch>[0]["batch"]): Buffer {
  const bytes = encodeEnvelopeBatch({ batch });
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function numberOf(envelope: Parameters<typeof isLog>[0]): number {
  if (!isLog(envelope)) throw new Error("expected a log");
  return Number(Buffer.from(envelope.message.value.payload).toString());
}

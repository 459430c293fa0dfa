import { constants } from "node:http2";
import { Status } from "@loggregator/egress";
import { beforeAll, test } from "vitest";
import { createCertificates } from "../../packages/ingress/testing/certificates.js";
import type { ServerCall } from "../../packages/ingress/testing/grpcServer.js";
import { hasGo } from "./goProgram.js";
import { type Expected, type Fault, ingest, read } from "./grpcCalls.js";
import { type Row, report } from "./report.js";
import { expectReleased, resources } from "./resources.js";
import { seedRandom } from "./seedRandom.js";

let certificates: Awaited<ReturnType<typeof createCertificates>>;

beforeAll(async () => {
  certificates = await createCertificates({
    commonName: "metron",
    altNames: ["metron", "reverselogproxy"],
  });
});

async function goThrough(name: string, fault: Fault, expected: Expected): Promise<void> {
  const before = resources();
  using random = seedRandom(name);
  // When it is in the middle.
  const middle = 100 + Math.floor(random.next() * 200);
  const rows: Row[] = [];
  for (const client of ["stream", "acknowledged", "go ingress"] as const) {
    if (client === "go ingress" && !hasGo) continue;
    const outcome = await ingest(client, { certificates, fault, middle }, expected);
    rows.push({ fault: name, client, ...outcome });
  }
  for (const client of ["egress", "go egress"] as const) {
    if (client === "go egress" && !hasGo) continue;
    const outcome = await read(client, { certificates, fault, middle }, expected);
    rows.push({ fault: name, client, ...outcome });
  }
  report(rows);
  await expectReleased(before);
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

import { constants } from "node:http2";
import { Status } from "@loggregator/egress";
import type { TestCall } from "@loggregator/testing";
import { createCertificates } from "@loggregator/testing/certificates";
import { beforeAll, test } from "vitest";
import { hasGo } from "./clients/goProgram.js";
import { type Expected, type Fault, ingest, read } from "./grpcCalls.js";
import { expectReleased, resources } from "./measures/resources.js";
import { type Row, report } from "./report.js";
import { seedRandom } from "./seedRandom.js";

let certificates: Awaited<ReturnType<typeof createCertificates>>;

beforeAll(async () => {
  certificates = await createCertificates({
    commonName: "metron",
    altNames: ["metron", "reverselogproxy"],
  });
});

async function runFault(name: string, fault: Fault, expected: Expected): Promise<void> {
  const before = resources();
  using random = seedRandom(name);
  const middle = 100 + Math.floor(random.next() * 200);
  const rows: Row[] = [];
  for (const client of ["stream", "acknowledged", "go ingress"] as const) {
    if (client === "go ingress" && !hasGo) {
      continue;
    }
    const outcome = await ingest(client, { certificates, fault, middle }, expected);
    rows.push({ fault: name, client, ...outcome });
  }
  for (const client of ["egress", "go egress"] as const) {
    if (client === "go egress" && !hasGo) {
      continue;
    }
    const outcome = await read(client, { certificates, fault, middle }, expected);
    rows.push({ fault: name, client, ...outcome });
  }
  report(rows);
  await expectReleased(before);
}

/** The statuses that are not retried: the server rejects the request itself. */
const final = [
  Status.INVALID_ARGUMENT,
  Status.PERMISSION_DENIED,
  Status.UNIMPLEMENTED,
  Status.UNAUTHENTICATED,
];
const expectedAfter = (status: Status): Expected => {
  const outcome = final.includes(status) ? "ends" : "continues";
  return { acknowledged: outcome, egress: outcome };
};
const statuses = Object.entries(Status).filter(
  (entry): entry is [string, Status] => typeof entry[1] === "number" && entry[1] > Status.OK,
);

test.each(statuses)("status %s at open", (name, status) =>
  runFault(
    `status ${name} at open`,
    {
      atOpen: (call) => {
        call.end(status, "not today");
        return true;
      },
    },
    expectedAfter(status),
  ),
);

test.each(statuses)("status %s in the middle", (name, status) =>
  runFault(
    `status ${name} in the middle`,
    { inTheMiddle: (call) => finish(call, status) },
    expectedAfter(status),
  ),
);

const continues: Expected = { acknowledged: "continues", egress: "continues" };

/** Answers of servers and intermediaries in place of a gRPC status. */
const answers: Record<string, (call: TestCall) => void> = {
  "no status": (call) => call.endWithTrailers({}),
  "an unknown status": (call) => call.end(99, "not today"),
  "a status that is not a number": (call) => call.end("many", "not today"),
  "OK without a message": (call) => call.end(Status.OK),
  "OK after half a message": (call) => {
    call.respond();
    call.stream.write(Buffer.from([0, 0, 0, 0, 10, 1, 2]));
    call.end(Status.OK);
  },
  "a message in an unknown encoding": (call) => {
    call.respond({ "grpc-encoding": "zstd" });
    call.stream.write(Buffer.from([1, 0, 0, 0, 1, 0]));
    call.end(Status.OK);
  },
};
for (const status of [200, 400, 404, 429, 502, 503]) {
  answers[`an HTML page with status ${status}`] = (call) =>
    call.answerHttp(status, { "content-type": "text/html" }, "<h1>Not today</h1>");
}

test.each(Object.entries(answers))("the first answer is %s", (name, answer) =>
  runFault(
    `the first answer is ${name}`,
    {
      atOpen: (call) => {
        call.stream.resume();
        answer(call);
        return true;
      },
    },
    continues,
  ),
);

test("status OK in the middle", () =>
  runFault(
    "status OK in the middle",
    { inTheMiddle: (call) => finish(call, Status.OK) },
    continues,
  ));

test("GOAWAY before the first stream", () =>
  runFault(
    "GOAWAY before the first stream",
    { onSession: (session) => session.goaway(constants.NGHTTP2_NO_ERROR) },
    continues,
  ));

test("GOAWAY with streams open", () =>
  runFault(
    "GOAWAY with streams open",
    {
      inTheMiddle: ({ stream }) => {
        stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
        stream.session?.destroy();
      },
    },
    continues,
  ));

test("GOAWAY too_many_pings", () =>
  runFault(
    "GOAWAY too_many_pings",
    {
      inTheMiddle: ({ stream: { session } }) => {
        const reason = Buffer.from("too_many_pings");
        session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, reason);
        setImmediate(() => session?.destroy());
      },
    },
    continues,
  ));

test.each(["NO_ERROR", "INTERNAL_ERROR", "REFUSED_STREAM", "CANCEL", "ENHANCE_YOUR_CALM"] as const)(
  "RST_STREAM %s",
  (code) =>
    runFault(
      `RST_STREAM ${code}`,
      { inTheMiddle: ({ stream }) => stream.close(constants[`NGHTTP2_${code}`]) },
      continues,
    ),
);

test("the server closes the connection without GOAWAY", () =>
  runFault(
    "the server closes the connection without GOAWAY",
    { inTheMiddle: ({ stream }) => stream.session?.destroy() },
    continues,
  ));

/** Ends a call with a status, before or after the beginning of its response. */
function finish(call: TestCall, status: Status): void {
  const { stream } = call;
  if (stream.headersSent) {
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(status) }));
    stream.end();
  } else if (status === Status.OK) {
    call.acknowledge();
  } else {
    call.end(status, "final");
  }
}

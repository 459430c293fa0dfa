import { setTimeout as wait } from "node:timers/promises";
import { selectLog } from "@loggregator/api";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { batchEvent, FakeGateway, type GatewayConnection } from "@loggregator/testing";
import { expect, test } from "vitest";
import { GoReader } from "./clients/goClients.js";
import { hasGo } from "./clients/goProgram.js";
import { FaultTimeline } from "./measures/faultTimeline.js";
import { compare, isOrdered, numberOf, upTo } from "./measures/numbers.js";
import { backoffCapMs, goTimeoutMs } from "./measures/recovery.js";
import { expectReleased, resources } from "./measures/resources.js";
import { type Row, report } from "./report.js";
import { seedRandom } from "./seedRandom.js";

/** The gateway's misbehaviour on the first connection. */
interface Fault {
  /** Called instead of answering the request. */
  readonly atOpen?: (connection: GatewayConnection) => void;
  /** Called after some hundred envelopes were sent. Returns true if the stream continues. */
  readonly inTheMiddle?: (connection: GatewayConnection) => unknown;
  /** The error that ends our client's stream. Default: the stream continues. */
  readonly ends?: { readonly name: string; readonly status: number };
}

type HasRecovered = (number: number | undefined) => boolean;

async function runFault(name: string, fault: Fault): Promise<void> {
  const before = resources();
  using random = seedRandom(name);
  const middle = 100 + Math.floor(random.next() * 200);
  const rows: Row[] = [];
  for (const client of ["gateway", "go gateway"] as const) {
    if (client === "go gateway" && !hasGo) {
      continue;
    }
    rows.push({ fault: name, client, ...(await read(client, fault, middle)) });
  }
  report(rows);
  await expectReleased(before);
}

async function read(
  who: "gateway" | "go gateway",
  fault: Fault,
  middle: number,
): Promise<Omit<Row, "fault" | "client">> {
  using timeline = new FaultTimeline();
  let sent = 0;
  /** The first number that was sent after the fault. */
  let resumedFrom = Number.POSITIVE_INFINITY;
  await using gateway = await FakeGateway.start(async (connection, index) => {
    let over = false;
    connection.closed.then(() => {
      over = true;
    });
    if (index === 0 && fault.atOpen !== undefined) {
      timeline.inflict();
      return fault.atOpen(connection);
    }
    if (index > 0) {
      resumedFrom = Math.min(resumedFrom, sent);
    }
    connection.open();
    while (!over) {
      if (sent >= middle && fault.inTheMiddle !== undefined && !timeline.inflicted) {
        timeline.inflict();
        if ((await fault.inTheMiddle(connection)) !== true) {
          return;
        }
        resumedFrom = sent;
      }
      await connection.write(batchEvent(...Array.from({ length: 20 }, () => String(sent++))));
      await wait(2);
    }
  });
  const hasRecovered: HasRecovered = (number = -1) => {
    if (number >= resumedFrom) {
      timeline.recover();
    }
    return timeline.recoveredMs !== undefined;
  };
  const { numbers, remark } =
    who === "go gateway"
      ? await readWithGo(gateway.url, hasRecovered)
      : await readOn(gateway.url, hasRecovered, fault);
  const last = timeline.recoveredMs === undefined ? sent - 1 : (numbers.at(-1) ?? -1);
  const counts = compare(upTo(last + 1), numbers);
  if (who === "gateway") {
    timeline.expectInTime(who);
    expect(isOrdered(numbers)).toBe(true);
    expect(counts.duplicated).toBe(0);
  }
  return { ...counts, ...timeline.result, remark };
}

async function readOn(url: string, hasRecovered: HasRecovered, { ends }: Fault) {
  await using client = new RlpGatewayClient({
    url,
    token: () => "any-token",
    retry: { baseDelayMs: 10, maxDelayMs: backoffCapMs },
    logger: null,
    heartbeatTimeoutMs: 800,
  });
  const numbers: number[] = [];
  let failure: unknown;
  try {
    for await (const batch of client.stream({ selectors: [selectLog()] })) {
      numbers.push(...batch.map(numberOf));
      if (hasRecovered(numbers.at(-1))) {
        break;
      }
    }
  } catch (error) {
    failure = error;
  }
  if (ends === undefined) {
    expect(failure).toBeUndefined();
  } else {
    expect(failure).toMatchObject(ends);
  }
  return { numbers, remark: ends && "ends" };
}

async function readWithGo(url: string, hasRecovered: HasRecovered) {
  await using reader = await GoReader.start("gateway-reader", url, "");
  const end = performance.now() + goTimeoutMs;
  while (!hasRecovered(reader.numbers.at(-1)) && performance.now() < end) {
    await wait(2);
  }
  return {
    numbers: reader.numbers,
    remark: hasRecovered(reader.numbers.at(-1)) ? undefined : "not back",
  };
}

/** Statuses of the gateway and of routers before it, with the expected behaviour of the client. */
const statuses: readonly (readonly [number, "continues" | "ends"])[] = [
  [400, "ends"],
  [401, "continues"],
  [403, "ends"],
  [404, "continues"],
  [405, "ends"],
  [429, "continues"],
  [500, "continues"],
  [502, "continues"],
  [503, "continues"],
  [504, "continues"],
];

test.each(statuses)("the gateway answers %i", (status, outcome) =>
  runFault(`the gateway answers ${status}`, {
    atOpen: (connection) => connection.fail(status, "not_today", "not today"),
    ...(outcome === "ends" && { ends: { name: "GatewayResponseError", status } }),
  }),
);

test("an HTML page is returned in place of a stream", () =>
  runFault("an HTML page is returned in place of a stream", {
    atOpen: (connection) => connection.answer(200, "text/html", "<h1>Log in</h1>"),
    ends: { name: "GatewayResponseError", status: 200 },
  }));

const inTheMiddle: Record<string, (connection: GatewayConnection) => unknown> = {
  "the gateway closes the stream at its time limit": (connection) => connection.closeStream(),
  "the gateway ends the stream without `closing`": (connection) => connection.end(),
  "the gateway ends the stream inside an event": async (connection) => {
    await connection.write(batchEvent("1000000").slice(0, 40));
    connection.end();
  },
  "the connection breaks inside an HTTP chunk": ({ request: { socket } }) => {
    socket.write(`1000\r\n${batchEvent("1000000").slice(0, 40)}`, () => socket.destroy());
  },
  "an HTTP chunk has no length": ({ request: { socket } }) => {
    socket.end(`many\r\n${batchEvent("1000000")}\r\n`);
  },
  "an event is not a batch": async (connection) => {
    await connection.write("data: {]\n\n");
    return true;
  },
  "the gateway falls silent": () => {},
};

test.each(Object.entries(inTheMiddle))("%s", (name, fault) =>
  runFault(name, { inTheMiddle: fault }),
);

import { setTimeout as wait } from "node:timers/promises";
import { ChildProgram } from "@loggregator/testing";
import { expect, test } from "vitest";
import { compare, isOrdered, upTo } from "./measures/numbers.js";
import { until, whenRecovered } from "./measures/recovery.js";
import { expectReleased, resources } from "./measures/resources.js";
import { type Row, report } from "./report.js";
import { seedRandom } from "./seedRandom.js";
import { issueTls } from "./servers/issueTls.js";
import { ServerProcess } from "./servers/serverProcess.js";

const fault = "the process of the client is stopped for longer than its timeouts";
/**
 * The clients' timeouts for a silent server, for the answer to a ping, and for closing, in
 * milliseconds.
 */
const silenceTimeoutMs = 800;
const stopMs = 3 * silenceTimeoutMs;

const kinds = ["stream", "acknowledged", "egress", "gateway"] as const;
type Kind = (typeof kinds)[number];

/** The report of a client. */
interface Account {
  /** For clients that send. */
  readonly emitted?: number;
  readonly sent?: number;
  readonly dropped?: number;
  /** For readers. */
  readonly numbers?: readonly number[];
  readonly errors: readonly string[];
  readonly statuses: readonly string[];
}

test(fault, async () => {
  const before = resources();
  {
    using random = seedRandom(fault);
    const tls = await issueTls();
    await using server = await ServerProcess.start(tls.server, { eachMs: 5 });
    const { addresses } = server;
    const runFault = async (kind: Kind): Promise<Row> => {
      const argument = JSON.stringify({ kind, addresses, tls: tls.client, silenceTimeoutMs });
      await using client = new ChildProgram(
        new URL("./programs/clientProcess.mjs", import.meta.url),
        {
          args: [argument],
        },
      );
      const result = await stopTwice(kind, client, server, random.next() * 50);
      return { fault, client: kind, ...result };
    };
    report(await Promise.all(kinds.map(runFault)));
  }
  await expectReleased(before);
});

/** Stops the process of a client while it works, and again while it closes. */
async function stopTwice(
  kind: Kind,
  client: ChildProgram,
  server: ServerProcess,
  afterMs: number,
): Promise<Omit<Row, "fault" | "client">> {
  const ask = <T>(what: string) => {
    client.send(what);
    return client.next<T>();
  };
  const sends = kind === "stream" || kind === "acknowledged";
  /** The newest number that arrived. */
  const newest = async () =>
    sends ? ((await server.arrived(kind[0] as string)).at(-1) ?? -1) : ask<number>("newest");
  await until(`${kind} is working`, async () => (await newest()) >= 100);
  await wait(afterMs);
  client.signal("SIGSTOP");
  await wait(stopMs);
  client.signal("SIGCONT");
  const last = sends ? await ask<number>("newest") : ((await server.sent()).at(-1) ?? 0);
  const recoveries = await whenRecovered([{ client: kind, newest, last }]);

  await ask("close");
  client.signal("SIGSTOP");
  await wait(stopMs);
  client.signal("SIGCONT");
  const { emitted = 0, sent, dropped, numbers, errors, statuses } = await client.next<Account>();
  expect(errors).toEqual([]);
  // It has kept its first connection.
  const faults = ["disconnected", "retrying", "open"];
  expect(statuses.filter((type) => faults.includes(type))).toEqual(["open"]);
  const [first = 0] = numbers ?? [];
  const end = numbers?.at(-1) ?? 0;
  const all = sends
    ? upTo(emitted)
    : (await server.sent()).filter((number) => number >= first && number <= end);
  if (sends) {
    expect({ sent, dropped }).toEqual({ sent: emitted, dropped: 0 });
    await until("the last sent envelope has arrived", async () => (await newest()) === emitted - 1);
  }
  const arrived = numbers ?? (await server.arrived(kind[0] as string));
  const counts = compare(all, arrived);
  expect(isOrdered(arrived)).toBe(true);
  expect(counts).toMatchObject({ lost: 0, duplicated: 0 });
  return { ...counts, recoveredMs: [recoveries.get(kind) ?? Number.NaN] };
}

import { createCertificates } from "@loggregator/testing/certificates";
import { expect, test } from "vitest";
import { type Row, report } from "./report.js";
import { seedRandom } from "./seedRandom.js";
import { DrainProcesses } from "./servers/drainProcesses.js";

const restarts = 20;

function rowOf(fault: string, client: string, times: Uint8Array): Row {
  let [arrived, lost, duplicated] = [0, 0, 0];
  for (const count of times) {
    arrived += count;
    lost += count === 0 ? 1 : 0;
    duplicated += count > 1 ? count - 1 : 0;
  }
  return { fault, client, emitted: times.length, arrived, lost, duplicated, recoveredMs: [] };
}

function certificates() {
  return createCertificates({ commonName: "localhost", altNames: ["localhost"] });
}

test("https-batch loses nothing of 1,000,000 messages while each side is killed 20 times", async () => {
  const fault = "1,000,000 messages while each side is killed 20 times";
  using random = seedRandom(fault);
  const count = 1_000_000;
  await using drain = await DrainProcesses.start({
    scheme: "https-batch",
    count,
    tls: await certificates(),
    random,
  });
  for (let restart = 0; restart < 2 * restarts; restart++) {
    const progress = (restart + random.next()) / (2 * restarts + 1);
    await drain.untilSent(Math.floor(progress * count));
    if (restart % 2 === 0) {
      await drain.killReceiver();
      await drain.startReceiver();
    } else {
      await drain.killSender();
      await drain.startSender();
    }
  }
  await drain.untilSent(count);
  const row = rowOf(fault, "drain https-batch", drain.arrivals());
  report([row]);
  expect(row).toMatchObject({ emitted: count, lost: 0 });
}, 240_000);

/** Sends messages over syslog-tls while `restart` restarts the receiver 20 times. */
async function restarting(
  fault: string,
  restart: (drain: DrainProcesses) => Promise<void>,
): Promise<Row> {
  using random = seedRandom(fault);
  const count = 100_000;
  await using drain = await DrainProcesses.start({
    scheme: "syslog-tls",
    count,
    tls: await certificates(),
    random,
  });
  for (let number = 0; number < restarts; number++) {
    await drain.untilSent(Math.floor(((number + random.next()) / (restarts + 1)) * count));
    await restart(drain);
  }
  await drain.untilSent(count);
  await drain.closeReceiver();
  const row = rowOf(fault, "drain syslog-tls", drain.arrivals());
  report([row]);
  return row;
}

test("syslog-tls only loses messages in flight when the receiver is killed", async () => {
  const fault = "100,000 messages while the receiver is killed 20 times";
  const row = await restarting(fault, async (drain) => {
    await drain.killReceiver();
    await drain.startReceiver();
  });
  // At each kill, the contents of the socket buffers are lost.
  expect(row.lost).toBeLessThan(row.emitted);
}, 120_000);

test("syslog-tls loses nothing while the receiver is restarted cleanly 20 times", async () => {
  const fault = "100,000 messages while the receiver is restarted cleanly 20 times";
  const row = await restarting(fault, async (drain) => {
    await drain.closeReceiver();
    await drain.startReceiver();
  });
  expect(row).toMatchObject({ emitted: 100_000, lost: 0 });
}, 120_000);

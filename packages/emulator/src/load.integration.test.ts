import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:http2";
import { fileURLToPath } from "node:url";
import { EgressBatchRequest, EnvelopeBatch, logEnvelope, selectLog } from "@loggregator/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { framed } from "../testing/rawCall.js";
import type { ClientTls, Emulator, EmulatorStats } from "./index.js";

const program = fileURLToPath(new URL("../testing/emulatorProcess.mjs", import.meta.url));
const mebibyte = 1024 * 1024;

let child: ChildProcess;
let emulator: Pick<Emulator, "ingress" | "egress" | "tls">;

beforeEach(async () => {
  child = fork(program);
  [emulator] = await once(child, "message");
});

afterEach(async () => {
  const ended = once(child, "exit");
  child.disconnect();
  await ended;
});

async function report(): Promise<{ stats: EmulatorStats; rss: number }> {
  const answer = once(child, "message");
  child.send("report");
  return (await answer)[0];
}

function open({ address }: { address: string }, { ca, cert, key, serverName }: ClientTls) {
  return connect(`https://${address}`, { ca, cert, key, servername: serverName });
}

function headers(path: string) {
  return { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
}

test("an idle process uses less than 100 MB", async () => {
  expect((await report()).rss).toBeLessThan(100_000_000);
});

test("a process with 500 streams that are not read uses less than 300 MB", async () => {
  const reading = open(emulator.egress, emulator.tls.egress);
  const request = EgressBatchRequest.encode({
    ...EgressBatchRequest.fromPartial({}),
    selectors: [selectLog()],
    usePreferredTags: true,
  }).finish();
  for (let i = 0; i < 500; i += 1) {
    const stream = reading.request(headers("/loggregator.v2.Egress/BatchedReceiver"));
    stream.on("error", () => {});
    stream.pause();
    stream.end(framed(request));
  }
  let { stats, rss } = await report();
  while (stats.egressStreams < 500) {
    ({ stats, rss } = await report());
  }

  const sending = open(emulator.ingress, emulator.tls.ingress);
  const stream = sending.request(headers("/loggregator.v2.Ingress/BatchSender"));
  stream.on("error", () => {});
  let most = rss;
  // Each line is different, so that nothing can be shared.
  for (let batch = 0; batch < 300; batch += 1) {
    const line = (i: number) =>
      logEnvelope(`${batch} ${i} ${"x".repeat(200)}`, { sourceId: "app", tags: { a: "b" } });
    const message = EnvelopeBatch.encode({ batch: Array.from({ length: 100 }, (_, i) => line(i)) });
    if (!stream.write(framed(message.finish()))) {
      await once(stream, "drain");
    }
    if (batch % 20 === 0) {
      most = Math.max(most, (await report()).rss);
    }
  }
  while (stats.received < 30_000) {
    ({ stats, rss } = await report());
    most = Math.max(most, rss);
  }
  expect(stats.dropped).toBeGreaterThan(0);
  expect(most / mebibyte).toBeLessThan(300_000_000 / mebibyte);
  reading.destroy();
  sending.destroy();
}, 120_000);

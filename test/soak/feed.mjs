// A Reverse Log Proxy that sends encoded logs at a constant rate, in its own process. It spends
// hardly any CPU, unlike an emulator, so that the load is that of the nozzle.
import { setTimeout as wait } from "node:timers/promises";
import { encodeEnvelopeBatch, logEnvelope } from "@loggregator/api";
import { GrpcTestServer } from "@loggregator/testing";

const batchSize = 100;
const sources = 20;

/** One batch of each source, as an RLP sends them: with the tags of an app. */
const batches = Array.from({ length: sources }, (_, source) => {
  const options = {
    sourceId: `00000000-0000-4000-8000-${String(source).padStart(12, "0")}`,
    instanceId: String(source % 4),
    stream: "stdout",
    tags: {
      app_id: `00000000-0000-4000-8000-${String(source).padStart(12, "0")}`,
      app_name: `app-${source}`,
      space_name: "production",
      organization_name: "shop",
      process_type: "web",
      deployment: "cf",
      job: "diego-cell",
      origin: "rep",
    },
  };
  const lines = Array.from({ length: batchSize }, (_, line) =>
    logEnvelope(`GET /cart/${source}/${line} 200 ${".".repeat(60)}`, options),
  );
  return encodeEnvelopeBatch({ batch: lines });
});

const calls = new Set();
let onChange = () => {};
let server;

async function untilCalls(count) {
  while (calls.size !== count) {
    await new Promise((resolve) => {
      onChange = resolve;
    });
  }
}

/** Sends `count` envelopes, each batch to one of the calls, as to the streams of a shard. */
async function emit(count, perSecond) {
  const started = performance.now();
  for (let sent = 0, next = 0; sent < count; ) {
    const due = Math.min(count, ((performance.now() - started) / 1_000) * perSecond);
    for (; sent + batchSize <= due || (due === count && sent < count); sent += batchSize, next++) {
      const open = [...calls];
      open[next % open.length]?.write(batches[next % sources]);
    }
    await wait(5);
  }
}

process.once("disconnect", () => process.exit());
process.on("message", async ({ id, type, tls, count, perSecond }) => {
  switch (type) {
    case "start":
      server = await GrpcTestServer.start({
        tls: { ca: tls.ca, ...tls.reverselogproxy },
        onCall: (call) => {
          call.respond();
          calls.add(call);
          call.stream.once("close", () => {
            calls.delete(call);
            onChange();
          });
          onChange();
        },
      });
      process.send({ id, egress: server.address });
      break;
    case "emit":
      await emit(count, perSecond);
      process.send({ id, next: count });
      break;
    case "streams":
      await untilCalls(count);
      process.send({ id });
      break;
  }
});

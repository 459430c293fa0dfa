// A worker process of `loggregator nozzle`. Only messages of its supervisor control it: a terminal
// or a service manager may send signals to all processes at once.
import { onAbort } from "@loggregator/core";
import { explain } from "../../explain.js";
import { keeps } from "../../read/selection.js";
import { DroppedNotice } from "../../read/sources/droppedNotice.js";
import { endingSignals, say } from "../../session.js";
import { openSink } from "../destination/openSink.js";
import type { FromWorker, ToWorker, WorkerConfig } from "./messages.js";
import { openStream } from "./openStream.js";
import { Pipeline } from "./pipeline.js";

/** The interval between reports, in milliseconds. */
const reportMs = 200;

/** The interval between messages about drops, in milliseconds. */
const noticeMs = 10_000;

for (const signal of endingSignals(process.platform)) {
  process.on(signal, () => {});
}

/** A stop before the start is complete ends the process. */
let stop = (_graceMs: number): undefined => process.exit(0);

process.on("message", (message: ToWorker) => {
  if (message.type === "stop") {
    stop(message.graceMs);
    return;
  }
  work(message.config).catch((error) => {
    const { message, exitCode } = explain(error);
    send({ type: "failed", message, exitCode }, () => process.exit(exitCode));
  });
});

function send(message: FromWorker, onSent: () => void = () => {}): void {
  process.send?.(message, undefined, {}, onSent);
}

async function work(config: WorkerConfig): Promise<void> {
  const sayNamed = (message: string) => say(`${config.name}${message}`);
  const abandon = new AbortController();
  // The supervisor was killed.
  process.once("disconnect", () => stop(config.graceMs));
  const sink = await openSink(config.destination, config.destinationOptions, {
    signal: abandon.signal,
    say: sayNamed,
  });
  const client = await openStream(config, (message) => sayNamed(`the stream: ${message}`));
  using dropped = new DroppedNotice(
    sayNamed,
    "the destination is slower than the stream",
    noticeMs,
  );
  const { shardId, selectors } = config;
  const pipeline = new Pipeline({
    ...config,
    client,
    open: ({ open }) => open({ selectors, shardId }),
    sink,
    keeps: keeps(config.selection),
    abandoned: abandon.signal,
    say: sayNamed,
    onDropped: (total) => {
      dropped.total = total;
    },
  });
  stop = (graceMs): undefined => {
    setTimeout(() => abandon.abort(), graceMs).unref();
    pipeline.stop();
  };
  onAbort(sink.ended, () => abandon.abort());
  send({ type: "ready", source: client.name });
  const reporting = setInterval(() => send({ type: "report", report: pipeline.report }), reportMs);
  await pipeline.run();
  clearInterval(reporting);
  await client.close();
  await sink.close();
  dropped[Symbol.dispose]();
  if (sink.failure !== undefined && sink.ended?.aborted) {
    throw sink.failure;
  }
  send({ type: "ended", report: pipeline.report }, () => process.exit(0));
}

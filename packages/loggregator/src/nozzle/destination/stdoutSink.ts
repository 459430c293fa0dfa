import type { Envelope } from "@loggregator/api";
import { Output } from "../../terminal/output.js";
import { envelopeJson } from "../../terminal/printer/envelopeJson.js";
import type { Sink, SinkOptions } from "./sink.js";

/** Opens a sink that writes one envelope per line, in the JSON of the gateway. */
export function stdoutSink({ signal }: SinkOptions): Sink {
  const stdout = new Output(process.stdout);
  return {
    batchSize: 500,
    lingerMs: 0,
    retries: 0,
    rejected: 0,
    ended: stdout.closed,
    get failure() {
      return stdout.failure;
    },
    async send(envelopes) {
      await stdout.write(linesOf(envelopes), signal);
      const isLost = signal.aborted || stdout.closed.aborted;
      return isLost
        ? { sent: 0, refused: envelopes.length, unsupported: 0 }
        : { sent: envelopes.length, refused: 0, unsupported: 0 };
    },
    async close() {
      stdout.release();
    },
  };
}

function linesOf(envelopes: readonly Envelope[]): string {
  let lines = "";
  for (const envelope of envelopes) {
    lines += `${envelopeJson(envelope)}\n`;
  }
  return lines;
}

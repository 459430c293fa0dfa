import { setImmediate as turn } from "node:timers/promises";
import { silentLogger } from "@loggregator/core";
import { V1Client } from "@loggregator/v1";
import { messageOf, withFlags } from "../explain.js";
import { Outage } from "../outage.js";
import type { Sink } from "./sink.js";

/** The options for sending to an agent in v1. */
export interface V1Options {
  readonly v1Address: string;
  readonly origin: string;
  readonly tag?: Readonly<Record<string, string>> | undefined;
}

/** The time after the first envelope in which a failure ends the command, in milliseconds. */
const beginningMs = 1_000;

/** Opens a sink that sends to an agent over UDP, which does not report losses. */
export async function v1Sink(
  { v1Address, origin, tag }: V1Options,
  say: (message: string) => void,
): Promise<Sink> {
  const outage = new Outage(say);
  const failed = new AbortController();
  let failure: Error | undefined;
  let began: number | undefined;
  const onError = (error: Error) => {
    failure = error;
    // An envelope that is too large is reported at the end.
    if (error.name === "OversizedDatagramError") {
      return;
    }
    if (began !== undefined && performance.now() - began > beginningMs) {
      outage.failed(messageOf(error));
    } else {
      failed.abort(error);
    }
  };
  const client = await withFlags(
    { address: "--v1-address", origin: "--origin", tags: "--tag" },
    () => new V1Client({ address: v1Address, origin, tags: tag, onError, logger: silentLogger }),
  );
  const begin = () => {
    began ??= performance.now();
    return client;
  };
  const unsupported = (): never => {
    throw new TypeError("v1 has no timers and no events");
  };

  return {
    name: v1Address,
    failed: failed.signal,
    emitLog: (message, options) => begin().emitLog(message, options),
    emitCounter: (name, options) => begin().emitCounter(name, options),
    emitGauge: (metrics, options) => begin().emitGauge(metrics, options),
    emitTimer: unsupported,
    emitEvent: unsupported,
    get stats() {
      return client.stats;
    },
    async drain(signal) {
      while (client.stats.queued > 0 && !signal.aborted) {
        await turn();
      }
    },
    async close() {
      await client.close();
      if (failure !== undefined) {
        throw failure;
      }
    },
  };
}

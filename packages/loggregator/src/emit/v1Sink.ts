import { setImmediate as turn } from "node:timers/promises";
import { V1Client } from "@loggregator/v1";
import { named } from "../explain.js";
import { Outage } from "../outage.js";
import type { Sink } from "./sink.js";

/** How an agent is sent to in v1. */
export interface V1Options {
  readonly v1Address: string;
  readonly origin: string;
  readonly tag?: Readonly<Record<string, string>> | undefined;
}

/** After the first envelope, in milliseconds: a failure within it means that nobody was ever there. */
const beginningMs = 1_000;

/** Sends to an agent over UDP, which does not tell what arrives. */
export function v1Sink(
  { v1Address, origin, tag }: V1Options,
  tell: (message: string) => void,
): Sink {
  const outage = new Outage(tell);
  const failed = new AbortController();
  let failure: Error | undefined;
  let began: number | undefined;
  const onError = (error: Error) => {
    failure = error;
    // That one envelope is too large is told at the end, with how many were.
    if (error.name === "OversizedDatagramError") return;
    if (began !== undefined && performance.now() - began > beginningMs)
      outage.failed(error.message);
    else failed.abort(error);
  };
  const client = named(
    { address: "--v1-address", origin: "--origin" },
    () => new V1Client({ address: v1Address, origin, tags: tag, onError }),
  );
  const begin = () => {
    began ??= performance.now();
    return client;
  };
  const unknown = (): never => {
    throw new TypeError("v1 has no timers and no events");
  };

  return {
    name: v1Address,
    failed: failed.signal,
    emitLog: (message, options) => begin().emitLog(message, options),
    emitCounter: (name, options) => begin().emitCounter(name, options),
    emitGauge: (metrics, options) => begin().emitGauge(metrics, options),
    emitTimer: unknown,
    emitEvent: unknown,
    get stats() {
      return client.stats;
    },
    async drain(signal) {
      while (client.stats.queued > 0 && !signal.aborted) await turn();
    },
    async close() {
      await client.close();
      if (failure !== undefined) throw failure;
    },
  };
}

import { setImmediate as turn } from "node:timers/promises";
import { V1Client } from "@loggregator/v1";
import { withAddress } from "../explain.js";
import { Outage } from "../outage.js";
import type { Sink } from "./sink.js";

/** How an agent is sent to in v1. */
export interface V1Options {
  readonly v1Address: string;
  readonly origin: string;
  readonly tag?: Readonly<Record<string, string>> | undefined;
}

/** Sends to an agent over UDP, which does not tell what arrives. */
export function v1Sink(
  { v1Address, origin, tag }: V1Options,
  tell: (message: string) => void,
): Sink {
  const outage = new Outage(tell);
  let failure: Error | undefined;
  const onError = (error: Error) => {
    failure = error;
    outage.failed(error.message);
  };
  const client = withAddress(
    "--v1-address",
    () => new V1Client({ address: v1Address, origin, tags: tag, onError }),
  );
  const unknown = (): never => {
    throw new TypeError("v1 has no timers and no events");
  };

  return {
    name: v1Address,
    failed: new AbortController().signal,
    emitLog: (message, options) => client.emitLog(message, options),
    emitCounter: (name, options) => client.emitCounter(name, options),
    emitGauge: (metrics, options) => client.emitGauge(metrics, options),
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

import { eventEnvelope } from "@loggregator/api";
import { IngressClient, loadIngressTls } from "@loggregator/ingress";
import { named } from "../explain.js";
import { Outage, watchConnection } from "../outage.js";
import { type TlsOptions, tlsPaths } from "../tlsOptions.js";
import type { Sink } from "./sink.js";

/** How an agent is sent to. */
export interface IngressOptions extends TlsOptions {
  readonly address: string;
  readonly acknowledged?: boolean | undefined;
  readonly tag?: Readonly<Record<string, string>> | undefined;
}

/** Sends to an agent over gRPC. */
export async function ingressSink(
  { address, acknowledged, tag, ...options }: IngressOptions,
  tell: (message: string) => void,
): Promise<Sink> {
  const paths = tlsPaths(options);
  // Fails now where they can't be used; later they are read again for each connection.
  await loadIngressTls(paths);
  const failed = new AbortController();
  const outage = new Outage(tell);
  let connected = false;
  const onRetryableError = (error: Error) => {
    // Nobody there at the first try: most likely there won't be.
    if (connected) outage.failed(error.message);
    else failed.abort(error);
  };
  const client = named(
    { address: "--address" },
    () =>
      new IngressClient({
        address,
        tls: () => loadIngressTls(paths),
        tags: tag,
        signal: failed.signal,
        delivery: acknowledged ? "acknowledged" : "stream",
        onRetryableError,
        // Outages are reported here, in the command's own words.
        logger: null,
      }),
  );

  void watchConnection(client.status(), () => {
    connected = true;
    outage.mended();
  });

  return {
    name: address,
    failed: failed.signal,
    emitLog: (message, options) => client.emitLog(message, options),
    emitCounter: (name, options) => client.emitCounter(name, options),
    emitGauge: (metrics, options) => client.emitGauge(metrics, options),
    emitTimer: (name, start, stop, options) => client.emitTimer(name, start, stop, options),
    emitEvent: (title, body, options) => client.emit(eventEnvelope(title, body, options)),
    get stats() {
      return client.stats;
    },
    drain: (signal) => client.flush({ signal }).catch(() => {}),
    close: () => client.closeSend(),
  };
}

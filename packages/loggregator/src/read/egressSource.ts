import { EnvelopeStreamConnector, loadEgressTls } from "@loggregator/egress";
import { named } from "../explain.js";
import { Outage, watchConnection } from "../outage.js";
import { type TlsOptions, tlsPaths } from "../tlsOptions.js";
import type { Source, Tell } from "./source.js";

/** Reads from a Reverse Log Proxy over gRPC. */
export async function egressSource(
  address: string,
  options: TlsOptions & { readonly shardId?: string | undefined },
  tell: Tell,
): Promise<Source> {
  const paths = tlsPaths(options);
  // Fails now where they can't be used; later they are read again for each connection.
  await loadEgressTls(paths);
  const tls = () => loadEgressTls(paths);

  return {
    name: address,
    async *read(selectors, signal) {
      const failed = new AbortController();
      const outage = new Outage(tell);
      let connected = false;
      const onRetryableError = (error: Error) => {
        // Nobody there at the first try: most likely there won't be.
        if (connected) outage.failed(error.message);
        else failed.abort(error);
      };
      await using connector = named(
        { address: "--egress" },
        () => new EnvelopeStreamConnector({ address, tls, retry: { onRetryableError } }),
      );
      void watchConnection(connector.status(), () => {
        connected = true;
        outage.mended();
      });
      const request = { selectors, shardId: options.shardId };
      const either = AbortSignal.any([signal, failed.signal]);
      yield* connector.stream(request, { signal: either });
      if (failed.signal.aborted) throw failed.signal.reason;
    },
  };
}

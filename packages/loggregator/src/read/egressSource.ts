import { EnvelopeStreamConnector, loadEgressTls } from "@loggregator/egress";
import { withAddress } from "../explain.js";
import { type TlsOptions, tlsPaths } from "../tlsOptions.js";
import { Outage } from "./outage.js";
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
        // A stream that breaks was there before. A connection that can't be made may never be.
        if (error.name !== "ConnectionError") connected = true;
        if (connected) outage.failed(error.message);
        else failed.abort(error);
      };
      await using connector = withAddress(
        "--egress",
        () => new EnvelopeStreamConnector({ address, tls, retry: { onRetryableError } }),
      );
      const request = { selectors, shardId: options.shardId };
      const either = AbortSignal.any([signal, failed.signal]);
      for await (const batch of connector.stream(request, { signal: either })) {
        connected = true;
        outage.mended();
        yield batch;
      }
      if (failed.signal.aborted) throw failed.signal.reason;
    },
  };
}

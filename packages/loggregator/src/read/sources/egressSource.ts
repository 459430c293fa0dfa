import { linkedAbortController, silentLogger } from "@loggregator/core";
import { EnvelopeStreamConnector, loadEgressTls } from "@loggregator/egress";
import { messageOf, withFlags } from "../../explain.js";
import { Outage, watchConnection } from "../../outage.js";
import { type TlsOptions, tlsPaths } from "../../tlsOptions.js";
import type { Say, Source } from "./source.js";

/** Opens a source that reads from a Reverse Log Proxy over gRPC. */
export async function egressSource(
  address: string,
  options: TlsOptions & { readonly shardId?: string | undefined },
  say: Say,
): Promise<Source> {
  const paths = tlsPaths(options);
  // Fails early if the files cannot be used. They are read again for each connection.
  await loadEgressTls(paths);
  const tls = () => loadEgressTls(paths);

  return {
    kind: "the RLP",
    name: address,
    async *read(selectors, signal, { onOutage } = {}) {
      const reading = linkedAbortController(signal);
      const outage = new Outage(say, onOutage);
      let connected = false;
      let failure: Error | undefined;
      const onRetryableError = (error: Error) => {
        // If the first attempt fails, the address is most likely wrong.
        if (connected) {
          return outage.failed(messageOf(error));
        }
        failure = error;
        reading.abort();
      };
      try {
        await using connector = await withFlags(
          { address: "--egress" },
          () =>
            new EnvelopeStreamConnector({
              address,
              tls,
              onRetryableError,
              logger: silentLogger,
            }),
        );
        void watchConnection(connector.status(), () => {
          connected = true;
          outage.recovered();
        });
        const request = { selectors, shardId: options.shardId };
        yield* connector.stream(request, { signal: reading.signal });
      } finally {
        reading.abort();
      }
      if (failure !== undefined) {
        throw failure;
      }
    },
  };
}

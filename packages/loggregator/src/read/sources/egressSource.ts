import { silentLogger } from "@loggregator/core";
import { EnvelopeStreamConnector, loadEgressTls } from "@loggregator/egress";
import { withFlags } from "../../explain.js";
import { type TlsOptions, tlsPaths } from "../../tlsOptions.js";
import { readStream } from "./readStream.js";
import type { Say, Source } from "./source.js";

/** Opens a source that reads from a Reverse Log Proxy over gRPC. */
export async function egressSource(
  address: string,
  options: TlsOptions & { readonly shardId?: string | undefined },
  say: Say,
): Promise<Source> {
  const { shardId } = options;
  const paths = tlsPaths(options);
  // Fails early if the files cannot be used. They are read again for each connection.
  await loadEgressTls(paths);
  const tls = () => loadEgressTls(paths);

  return {
    kind: "the RLP",
    name: address,
    read(selectors, signal, options) {
      const open = (onRetryableError: (error: Error) => void) =>
        withFlags(
          { address: "--egress" },
          () =>
            new EnvelopeStreamConnector({
              address,
              tls,
              onRetryableError,
              logger: silentLogger,
            }),
        );
      return readStream({ open, request: { selectors, shardId }, signal, say }, options);
    },
  };
}

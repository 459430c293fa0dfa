import type { IncomingHttpHeaders } from "node:http2";
import type { Metadata } from "@grpc/grpc-js";

/** The trailer with the details of a status, which callers receive. */
const statusDetails = "grpc-status-details-bin";

/**
 * Returns headers or trailers as callers of grpc-js receive them: without those of HTTP/2 and gRPC.
 *
 * nice-grpc recognizes a status by the class of its metadata, which must be that of the copy of
 * grpc-js that nice-grpc imports. A program may have several copies, so the class is taken from
 * `sent`, the metadata of the request.
 */
export function metadataOf(headers: IncomingHttpHeaders, sent: Metadata): Metadata {
  const metadata = new (sent.constructor as new () => Metadata)();
  for (const [name, value] of Object.entries(headers)) {
    const isReserved = name.startsWith(":") || name.startsWith("grpc-");
    if (value === undefined || (isReserved && name !== statusDetails)) {
      continue;
    }
    for (const text of Array.isArray(value) ? value : [value]) {
      try {
        metadata.add(name, name.endsWith("-bin") ? Buffer.from(text, "base64") : text);
      } catch {
        // HTTP/2 allows more characters than gRPC. Entries that gRPC does not allow are skipped.
      }
    }
  }
  return metadata;
}

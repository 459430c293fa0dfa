import type { IncomingHttpHeaders } from "node:http2";
import { Metadata } from "@grpc/grpc-js";

/** A trailer with details of a status, which gRPC passes on to callers. */
const statusDetails = "grpc-status-details-bin";

/** Headers and trailers as grpc-js passes them on: without those of HTTP/2 and gRPC. */
export function metadataOf(headers: IncomingHttpHeaders): Metadata {
  const metadata = new Metadata();
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

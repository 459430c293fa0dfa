import { request } from "node:https";
import { Readable } from "node:stream";
import { rootCertificates } from "node:tls";
import type { Fetch } from "@loggregator/rlp-gateway";

/** A `fetch` for https URLs that trusts further authorities: that of Node.js can't be told to. */
export function fetchTrusting(ca: Buffer): Fetch {
  return (url, { headers, signal }) =>
    new Promise((resolve, reject) => {
      const outgoing = request(url, { headers, signal, ca: [...rootCertificates, ca] });
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        resolve({
          status: response.statusCode ?? 0,
          headers: { get: (name) => String(response.headers[name.toLowerCase()] ?? "") },
          body: Readable.toWeb(response),
        });
      });
      outgoing.end();
    });
}

// Run by a test: ends streams in the given way, then has nothing more to do. Ends with 0 by itself,
// or with 7 where something keeps it alive. Says "reading" when it has had a batch.
import { selectLog } from "@loggregator/api";
import { EnvelopeStreamConnector } from "@loggregator/egress";

const { address, tls, way, buffer } = JSON.parse(process.argv[2]);
const connector = new EnvelopeStreamConnector({
  address,
  tls: way === "abort while certificates are awaited" ? () => new Promise(() => {}) : tls,
  buffer,
  onRetryableError: () => process.send("failed"),
});
const abort = new AbortController();
process.once("message", () => abort.abort());
const selectors = way === "error" ? [] : [selectLog()];
const stream = connector.stream({ selectors }, { signal: abort.signal });
process.send("started");
try {
  for await (const _ of stream) {
    process.send("reading");
    if (way === "break") {
      break;
    }
    if (way === "exception") {
      throw new Error("in the loop");
    }
  }
} catch (error) {
  console.log(error.message);
}
process.disconnect();
setTimeout(() => process.exit(7), 20_000).unref();

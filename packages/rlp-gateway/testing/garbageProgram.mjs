// Waits for servers that do not answer while garbage is collected, and prints how each wait
// ended. Needs --expose-gc, and the package to be built.
import { selectLog } from "@loggregator/api";
import { uaaClientCredentials } from "@loggregator/auth";
import { RlpGatewayClient } from "../dist/index.js";

const [url] = process.argv.slice(2);
const timeoutMs = 300;
const request = { selectors: [selectLog()] };
const collecting = setInterval(() => globalThis.gc(), 20);
const client = new RlpGatewayClient({
  url,
  heartbeatTimeoutMs: timeoutMs,
  logger: null,
  retry: { maxAttempts: 0 },
});

async function requestToken() {
  await uaaClientCredentials({ url, clientId: "c", clientSecret: "s", timeoutMs })();
}

async function read(options) {
  for await (const _ of client.stream(request, options)) {
  }
}

/** Returns the name of the error with which a wait ends, or undefined. */
function endOf(wait) {
  return wait.then(
    () => "ended",
    ({ name }) => name,
  );
}

const [token, stream, aborted] = await Promise.all([
  endOf(requestToken()),
  endOf(read()),
  endOf(read({ signal: AbortSignal.timeout(100) })),
]);
clearInterval(collecting);
console.log(JSON.stringify({ token, stream, aborted }));

// Run by tests: emits, ends the client in one of several ways, and then has nothing more to do.
// Writes what still keeps the process alive soon after, as JSON. Ends with 0 by itself, or with 7 where
// something keeps it.
import { setImmediate as turn } from "node:timers/promises";
import { IngressClient } from "@loggregator/ingress";

const { how, size, ...options } = JSON.parse(process.argv[2]);
const abort = new AbortController();
let failed = () => {};
const failure = new Promise((resolve) => {
  failed = resolve;
});
const client = new IngressClient({
  flushIntervalMs: 5,
  signal: abort.signal,
  onRetryableError: () => failed(),
  ...options,
});
for (let i = 0; i < 20; i++) {
  client.emitLog("hello".padEnd(size ?? 0));
}

switch (how) {
  case "closeSend":
    await client.closeSend().catch(() => {});
    break;
  case "closeSend twice":
    await Promise.allSettled([client.closeSend(), client.closeSend()]);
    break;
  case "await using":
    await client[Symbol.asyncDispose]().catch(() => {});
    break;
  case "closeSend after a failure":
    await failure;
    await client.closeSend().catch(() => {});
    break;
  case "abort at once":
    abort.abort();
    break;
  case "abort later": {
    await client.flush({ signal: AbortSignal.timeout(200) }).catch(() => {});
    abort.abort();
    break;
  }
  case "abort during closeSend": {
    const closing = client.closeSend();
    await turn();
    abort.abort();
    await closing.catch(() => {});
    break;
  }
  default:
    throw new Error(`no way to end: ${how}`);
}
setTimeout(() => process.exit(7), 20_000).unref();
const standard = ["PipeWrap", "TTYWrap", "Immediate"];
const begin = performance.now();
let kept;
do {
  await turn();
  kept = process.getActiveResourcesInfo().filter((name) => !standard.includes(name));
} while (kept.length > 0 && performance.now() - begin < 10_000);
console.log(JSON.stringify({ kept, stats: client.stats }));

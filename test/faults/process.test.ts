import { beforeAll, test } from "vitest";
import { type Fault, runFault } from "./runFault.js";
import { issueTls } from "./servers/issueTls.js";

let tls: Awaited<ReturnType<typeof issueTls>>;

beforeAll(async () => {
  tls = await issueTls();
});

const faults: Record<string, Fault> = {
  "the server is killed and restarted": {
    begin: async ({ server }) => {
      await server.prepare();
      await server.kill();
    },
    end: ({ server }) => server.start(),
  },
  "the server is down until the retry delay is at its maximum": {
    begin: async ({ server }) => {
      await server.prepare();
      await server.kill();
    },
    lastsMs: 3_000,
    end: ({ server }) => server.start(),
    retryBaseDelayMs: 1_000,
  },
  "the server is stopped for 100 ms": {
    begin: ({ server }) => server.signal("SIGSTOP"),
    lastsMs: 100,
    end: ({ server }) => server.signal("SIGCONT"),
    mayLose: false,
  },
  "the server is stopped for 1.5 s": {
    begin: ({ server }) => server.signal("SIGSTOP"),
    lastsMs: 1_500,
    end: ({ server }) => server.signal("SIGCONT"),
  },
  "the server is killed while it is stopped, and restarted": {
    begin: async ({ server }) => {
      await server.prepare();
      server.signal("SIGSTOP");
    },
    end: async ({ server }) => {
      await server.kill();
      await server.start();
    },
  },
  "the event loop of the clients is blocked for longer than their timeouts": {
    begin: () => {
      for (const end = performance.now() + 2_000; performance.now() < end; ) {}
    },
    lastsMs: 0,
    end: () => {},
    silenceTimeoutMs: 1_000,
    mayLose: false,
    breaksNone: true,
    reachesGo: false,
  },
};

test.each(Object.entries(faults))("%s", (name, fault) => runFault(name, tls, fault));

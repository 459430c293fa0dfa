import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { runFault } from "./runFault.js";
import { issueTls } from "./servers/issueTls.js";
import { switchDns } from "./switchDns.js";

declare global {
  /** See clock.mjs, which is loaded before the tests. */
  var setClockAhead: (milliseconds: number) => void;
}

afterEach(() => setClockAhead(0));

test("certificates expire and are replaced", async () => {
  // The validity of certificates ends at whole seconds.
  const expiresAt = Math.ceil(Date.now() / 1_000) * 1_000 + 5_000;
  const tls = await issueTls({ notAfter: new Date(expiresAt) });
  await runFault("certificates expire and are replaced", tls, {
    begin: async (scenario) => {
      await scenario.server.prepare();
      await wait(Math.max(0, expiresAt + 1_100 - Date.now()));
      // Open connections would stay open, but no new one can be opened.
      scenario.reset();
    },
    end: async ({ server }) => {
      await server.kill();
      await tls.renew();
      server.tls = tls.server;
      await server.start();
    },
  });
});

test("DNS fails and recovers", async () => {
  const tls = await issueTls();
  const dnsSwitch = switchDns();
  await runFault("DNS fails and recovers", tls, {
    host: "localhost",
    begin: (scenario) => {
      dnsSwitch.works = false;
      scenario.reset();
    },
    end: () => {
      dnsSwitch.works = true;
    },
    breaksAll: true,
    reachesGo: false,
  });
  expect(dnsSwitch.failures).toBeGreaterThan(3);
});

test.each([
  ["forward", 3_600_000],
  ["back", -3_600_000],
])("the clock jumps %s by an hour", async (direction, aheadMs) => {
  const tls = await issueTls();
  await runFault(`the clock jumps ${direction} by an hour`, tls, {
    begin: (scenario) => {
      setClockAhead(aheadMs);
      scenario.reset();
    },
    end: () => setClockAhead(0),
    reachesGo: false,
  });
});

test("no connections are accepted, and the queue of pending ones is full", async () => {
  const tls = await issueTls();
  let listener: ChildProcess | undefined;
  const waiting: Socket[] = [];
  await runFault("no connections are accepted, and the queue of pending ones is full", tls, {
    begin: async (scenario) => {
      const ports = await scenario.closePorts();
      const path = fileURLToPath(new URL("./programs/fullListener.mjs", import.meta.url));
      listener = fork(path, ports.map(String), { execArgv: [] });
      await once(listener, "message");
      listener.kill("SIGSTOP");
      for (const port of ports) {
        for (let i = 0; i < 3; i++) {
          waiting.push(connect(port, "127.0.0.1").on("error", () => {}));
        }
      }
    },
    end: async (scenario) => {
      const exit = once(listener as ChildProcess, "exit");
      listener?.kill("SIGKILL");
      await exit;
      for (const socket of waiting) {
        socket.destroy();
      }
      await scenario.reopenPorts();
    },
  });
});

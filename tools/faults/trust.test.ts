import { type ChildProcess, fork } from "node:child_process";
import dns from "node:dns";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { issueTls } from "./certificates.js";
import { goThrough } from "./scenario.js";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("certificates expire, and are issued anew", async () => {
  // Certificates are valid up to whole seconds.
  const expiresAt = Math.ceil(Date.now() / 1_000) * 1_000 + 5_000;
  const tls = await issueTls({ notAfter: new Date(expiresAt) });
  await goThrough("certificates expire, and are issued anew", tls, {
    begin: async (scenario) => {
      await scenario.server.prepare();
      await wait(Math.max(0, expiresAt + 1_100 - Date.now()));
      // Connections that are open stay open, but no new one is made.
      scenario.reset();
    },
    end: async ({ server }) => {
      await server.kill();
      server.tls = { ...server.tls, ...(await tls.servers({})) };
      await server.start();
    },
  });
});

test("DNS fails, and works again", async () => {
  const tls = await issueTls();
  let works = true;
  const { lookup } = dns.promises;
  vi.spyOn(dns.promises, "lookup").mockImplementation(((name: string, options: object) =>
    works
      ? lookup(name, options)
      : Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`)))) as never);
  await goThrough("DNS fails, and works again", tls, {
    ingressHost: "localhost",
    begin: (scenario) => {
      works = false;
      scenario.reset();
    },
    end: () => {
      works = true;
    },
  });
  expect(dns.promises.lookup).toHaveBeenCalled();
});

test.each([
  ["forward", 3_600_000],
  ["back", -3_600_000],
])("the clock jumps %s by an hour", async (direction, by) => {
  const tls = await issueTls();
  const RealDate = Date;
  class JumpedDate extends RealDate {
    constructor(time = JumpedDate.now()) {
      super(time);
    }
    static override now(): number {
      return RealDate.now() + by;
    }
  }
  await goThrough(`the clock jumps ${direction} by an hour`, tls, {
    begin: (scenario) => {
      vi.stubGlobal("Date", JumpedDate);
      scenario.reset();
    },
    end: () => {
      vi.unstubAllGlobals();
    },
  });
});

test("nobody accepts connections, and the queue of those that wait is full", async () => {
  const tls = await issueTls();
  let listener: ChildProcess | undefined;
  const waiting: Socket[] = [];
  await goThrough("nobody accepts connections, and the queue of those that wait is full", tls, {
    begin: async (scenario) => {
      const ports = await scenario.leave();
      const path = fileURLToPath(new URL("fullListener.mjs", import.meta.url));
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
      for (const socket of waiting) socket.destroy();
      await scenario.comeBack();
    },
  });
});

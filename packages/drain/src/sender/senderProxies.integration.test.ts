import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { listen, Recorder, reserveTcpPort } from "@loggregator/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { certificates } from "../../testing/certificates.js";
import { RawReceiver } from "../../testing/rawReceiver.js";
import { createSender } from "../../testing/senders.js";
import type { DrainSendError } from "../index.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("proxies", () => {
  test("of the environment are used with CONNECT, except for loopback addresses", async () => {
    await using receiver = await RawReceiver.start(certificates.server);
    const requests: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket: Socket) => {
      requests.push(`${request.url} ${request.headers["proxy-authorization"]}`);
      const target = connect(receiver.server.port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        target.pipe(socket).pipe(target);
      });
      target.on("error", () => socket.destroy());
      socket.on("error", () => target.destroy());
    });
    await using listening = await listen(proxy);
    vi.stubEnv("https_proxy", `http://me:pass@${listening.address}`);
    vi.stubEnv("no_proxy", "");
    const sender = createSender({
      url: "https://drain.example/path",
      tls: { ca: certificates.server.ca, serverName: "localhost" },
    });
    sender.emitLog("through the proxy");
    await sender.close();
    expect(requests).toEqual([`drain.example:443 Basic ${btoa("me:pass")}`]);
    expect(receiver.requests.values[0]?.headers.host).toBe("drain.example");
    const direct = createSender({ url: `https://localhost:${receiver.server.port}` });
    direct.emitLog("directly");
    await direct.close();
    expect(requests).toHaveLength(1);
  });

  test("that cannot be used are reported", async () => {
    await using port = await reserveTcpPort();
    vi.stubEnv("https_proxy", `http://me:geheim@${port.address}`);
    vi.stubEnv("no_proxy", "");
    const failures = new Recorder<DrainSendError>();
    const abort = new AbortController();
    const sender = createSender({
      url: "syslog-tls://drain.example:6514",
      onRetryableError: failures.add,
      signal: abort.signal,
    });
    sender.emitLog("x");
    await failures.count(1);
    expect(failures.values[0]).toMatchObject({ reason: "proxy" });
    expect(failures.values[0]?.message).toContain(port.address);
    expect(failures.values[0]?.message).not.toContain("geheim");
    abort.abort();
    await sender.close();
  });
});

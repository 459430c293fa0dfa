import { createServer as createHttpServer } from "node:http";
import type { Server } from "node:net";
import { listen, reserveTcpPort } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import {
  answer,
  check,
  httpsServer,
  tcpServer,
  tlsServer,
  withSockets,
} from "../../testing/checkedServers.js";
import { chain, good, hourMs, intermediate, issue, root } from "../../testing/identities.js";
import { checkDrain } from "./index.js";

interface BrokenReceiver {
  readonly name: string;
  readonly start: () => Server | Promise<Server>;
  readonly scheme: string;
  readonly code: string;
  readonly message: RegExp;
}

const broken: BrokenReceiver[] = [
  {
    name: "has an expired certificate",
    scheme: "syslog-tls",
    code: "certificate-expired",
    message: /^the certificate of receiver expired on 20/,
    start: async () => {
      const notAfter = new Date(Date.now() - hourMs);
      return tlsServer(chain(await issue({ name: "receiver", notAfter }, intermediate)));
    },
  },
  {
    name: "has a certificate that is not valid yet",
    scheme: "syslog-tls",
    code: "certificate-expired",
    message: /is not valid before/,
    start: async () => {
      const notBefore = new Date(Date.now() + hourMs);
      return tlsServer(chain(await issue({ name: "receiver", notBefore }, intermediate)));
    },
  },
  {
    name: "has a certificate for another name",
    scheme: "https",
    code: "certificate-name",
    message: /is for other\.example, b\.example, and not for localhost/,
    start: async () => {
      const wish = { name: "receiver", altNames: ["other.example", "b.example"] };
      return tlsServer(chain(await issue(wish, intermediate)));
    },
  },
  {
    name: "does not send the intermediate certificate",
    scheme: "syslog-tls",
    code: "missing-intermediate",
    message: /does not send the intermediate certificate Test Intermediate/,
    start: () => tlsServer(good),
  },
  {
    name: "has a certificate of an unknown authority",
    scheme: "https-batch",
    code: "unknown-authority",
    message: /was issued by Other Root, which is not trusted here/,
    start: async () => {
      const other = await issue({ name: "Other Root", isAuthority: true });
      return tlsServer(await issue({ name: "receiver" }, other));
    },
  },
  {
    name: "has a self-signed certificate",
    scheme: "syslog-tls",
    code: "unknown-authority",
    message: /is self-signed/,
    start: async () => tlsServer(await issue({ name: "receiver" })),
  },
  {
    name: "has a certificate that is not for servers",
    scheme: "syslog-tls",
    code: "certificate-usage",
    message: /is not for servers/,
    start: async () => {
      const wish = { name: "receiver", usages: ["1.3.6.1.5.5.7.3.2"] };
      return tlsServer(chain(await issue(wish, intermediate)));
    },
  },
  ...(["TLSv1.2", "TLSv1.3"] as const).map(
    (version): BrokenReceiver => ({
      name: `requires a client certificate (${version})`,
      scheme: "syslog-tls",
      code: "client-certificate",
      message: /requires a client certificate/,
      start: () =>
        tlsServer({
          ...chain(good),
          ca: root.cert,
          requestCert: true,
          rejectUnauthorized: true,
          minVersion: version,
          maxVersion: version,
        }),
    }),
  ),
  {
    name: "speaks HTTP behind a URL with TLS",
    scheme: "https",
    code: "plain-text",
    message: /speaks plain text/,
    start: () => withSockets(createHttpServer(answer(200))),
  },
  {
    name: "sends nothing behind a URL with TLS",
    scheme: "syslog-tls",
    code: "plain-text",
    message: /does not answer the TLS handshake within 500 ms/,
    start: () => tcpServer((socket) => socket.resume()),
  },
  {
    name: "speaks TLS behind syslog://",
    scheme: "syslog",
    code: "tls-expected",
    message: /speaks TLS/,
    start: () => tlsServer(chain(good)),
  },
  {
    name: "speaks TLS behind http://",
    scheme: "http",
    code: "tls-expected",
    message: /speaks TLS/,
    start: () => httpsServer(answer(200)),
  },
  ...[400, 404, 405, 413, 500, 503].map(
    (status): BrokenReceiver => ({
      name: `answers ${status}`,
      scheme: "https",
      code: "http-status",
      message: new RegExp(`answers ${status} to POST /path; drains need`),
      start: () => httpsServer(answer(status)),
    }),
  ),
  ...[401, 403].map(
    (status): BrokenReceiver => ({
      name: `answers ${status}`,
      scheme: "https-batch",
      code: "unauthorized",
      message: new RegExp(`answers ${status}`),
      start: () => httpsServer(answer(status)),
    }),
  ),
  {
    name: "redirects",
    scheme: "https",
    code: "redirect",
    message: /answers 301 and redirects to https:\/\/elsewhere\.example/,
    start: () => httpsServer(answer(301, { location: "https://elsewhere.example/" })),
  },
  {
    name: "accepts requests and does not answer",
    scheme: "https",
    code: "not-reading",
    message: /does not answer within 500 ms/,
    start: () => httpsServer(() => {}),
  },
  {
    name: "accepts connections and does not read",
    scheme: "syslog-tls",
    code: "not-reading",
    message: /reads nothing for 500 ms/,
    start: () => tlsServer(chain(good), (socket) => socket.pause()),
  },
  {
    name: "accepts plain connections and does not read",
    scheme: "syslog",
    code: "not-reading",
    message: /reads nothing for 500 ms/,
    start: () => tcpServer((socket) => socket.pause()),
  },
  {
    name: "closes connections at once",
    scheme: "syslog-tls",
    code: "closed",
    message: /closes the connection at once/,
    start: () => tlsServer(chain(good), (socket) => socket.end()),
  },
  {
    name: "closes connections before the handshake",
    scheme: "syslog-tls",
    code: "closed",
    message: /during the TLS handshake/,
    start: () => tcpServer((socket) => socket.destroy()),
  },
  {
    name: "closes connections when it gets messages",
    scheme: "syslog",
    code: "closed",
    message: /closes the connection when it gets messages/,
    start: () => tcpServer((socket) => socket.once("data", () => socket.destroy())),
  },
  {
    name: "closes connections instead of an answer",
    scheme: "https",
    code: "closed",
    message: /closes the connection without an answer/,
    start: () => httpsServer((request) => request.socket.destroy()),
  },
  {
    name: "is not an HTTP server",
    scheme: "https",
    code: "http-status",
    message: /does not answer as an HTTP server/,
    start: () =>
      tlsServer(chain(good), (socket) => socket.once("data", () => socket.write("220 hi\r\n"))),
  },
];

describe("a receiver that", () => {
  test.each(broken)("$name: $code", async ({ start, scheme, code, message }) => {
    await using server = await listen(await start());
    const report = await check(server, scheme);
    const errors = report.problems.filter(({ severity }) => severity === "error");
    expect(errors).toMatchObject([{ code, message: expect.stringMatching(message) }]);
    expect(report.ok).toBe(false);
    for (const problem of report.problems) {
      expect(problem.remedy).not.toBe("");
      expect(problem.message + problem.remedy).not.toMatch(/\n|geheim/);
    }
  });

  test("is down: connection-refused", async () => {
    await using port = await reserveTcpPort();
    const { problems } = await check(port, "https");
    expect(problems).toMatchObject([{ code: "connection-refused" }]);
  });

  test("has a name that does not exist: name-not-found", async () => {
    const { problems, addresses } = await checkDrain("https://receiver.invalid");
    expect(problems).toMatchObject([
      { code: "name-not-found", message: expect.stringContaining("receiver.invalid") },
    ]);
    expect(addresses).toEqual([]);
  });
});

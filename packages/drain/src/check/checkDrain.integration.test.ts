import "reflect-metadata";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Server, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { listen, reserveTcpPort, type TestServer } from "@loggregator/testing";
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  type Extension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { beforeAll, describe, expect, test } from "vitest";
import { createDrainReceiver } from "../index.js";
import { type CheckDrainOptions, checkDrain, type DrainReport } from "./index.js";

cryptoProvider.set(globalThis.crypto);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hourMs = 3_600_000;

interface Identity {
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
  readonly cert: string;
  readonly key: string;
}

interface Wish {
  readonly name: string;
  readonly altNames?: readonly string[];
  readonly isAuthority?: boolean;
  readonly notAfter?: Date;
  readonly notBefore?: Date;
  readonly usages?: readonly string[];
  /** Whether it names the place of its issuer's certificate, as those of public authorities do. */
  readonly namesIssuer?: boolean;
}

async function issue(wish: Wish, issuer?: Identity): Promise<Identity> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const extensions: Extension[] = [new BasicConstraintsExtension(wish.isAuthority ?? false)];
  if (!wish.isAuthority) {
    const names = wish.altNames ?? ["localhost"];
    extensions.push(
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
      new ExtendedKeyUsageExtension([...(wish.usages ?? ["1.3.6.1.5.5.7.3.1"])]),
    );
  }
  if (wish.namesIssuer) {
    extensions.push(
      new AuthorityInfoAccessExtension({ caIssuers: "http://authority.example/issuer.crt" }),
    );
  }
  if (issuer) {
    extensions.push(await AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey));
  }
  const certificate = await X509CertificateGenerator.create({
    serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex"),
    subject: `CN=${wish.name}`,
    issuer: issuer?.certificate.subject ?? `CN=${wish.name}`,
    notBefore: wish.notBefore ?? new Date(Date.now() - 48 * hourMs),
    notAfter: wish.notAfter ?? new Date(Date.now() + 90 * 24 * hourMs),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: algorithm,
    extensions,
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate,
    keys,
    cert: certificate.toString("pem"),
    key: PemConverter.encode(pkcs8, "PRIVATE KEY"),
  };
}

let root: Identity;
let intermediate: Identity;
let good: Identity;
let client: Identity;

beforeAll(async () => {
  root = await issue({ name: "Test Root", isAuthority: true });
  intermediate = await issue(
    { name: "Test Intermediate", isAuthority: true, namesIssuer: true },
    root,
  );
  [good, client] = await Promise.all([
    issue({ name: "receiver", namesIssuer: true }, intermediate),
    issue({ name: "client", usages: ["1.3.6.1.5.5.7.3.2"] }, root),
  ]);
});

const chain = (identity: Identity) => ({
  cert: `${identity.cert}\n${intermediate.cert}`,
  key: identity.key,
});

const withSockets = (server: Server): Server => {
  server.on("tlsClientError", () => {});
  server.on("connection", (socket: Socket) => socket.on("error", () => {}));
  return server;
};
const tlsServer = (options: TlsOptions, accept: (socket: Socket) => void = (s) => s.resume()) =>
  withSockets(
    createTlsServer(options, (socket) => {
      socket.on("error", () => {});
      accept(socket);
    }),
  );
const tcpServer = (accept: (socket: Socket) => void) => withSockets(createTcpServer(accept));
const httpsServer = (handler: RequestListener) =>
  withSockets(createHttpsServer(chain(good), handler));
const answer =
  (status: number, headers = {}): RequestListener =>
  (request, response) => {
    request.resume();
    response.writeHead(status, headers).end();
  };

interface Broken {
  readonly name: string;
  readonly start: () => Server | Promise<Server>;
  readonly scheme: string;
  readonly code: string;
  readonly message: RegExp;
  readonly options?: CheckDrainOptions;
}

const broken: Broken[] = [
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
    (version): Broken => ({
      name: `demands a client certificate (${version})`,
      scheme: "syslog-tls",
      code: "client-certificate",
      message: /demands a client certificate/,
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
    name: "waits in silence behind a URL with TLS",
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
    (status): Broken => ({
      name: `answers ${status}`,
      scheme: "https",
      code: "http-status",
      message: new RegExp(`answers ${status} to POST /path; drains need`),
      start: () => httpsServer(answer(status)),
    }),
  ),
  ...[401, 403].map(
    (status): Broken => ({
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
    name: "is no HTTP server",
    scheme: "https",
    code: "http-status",
    message: /does not answer as an HTTP server/,
    start: () =>
      tlsServer(chain(good), (socket) => socket.once("data", () => socket.write("220 hi\r\n"))),
  },
];

function check(
  server: Pick<TestServer, "port">,
  scheme: string,
  options: CheckDrainOptions = {},
): Promise<DrainReport> {
  const url = `${scheme}://user:geheim@localhost:${server.port}/path?token=geheim`;
  const { cert: ca } = root;
  return checkDrain(url, { count: 1, timeoutMs: 500, ...options, tls: { ca, ...options.tls } });
}

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

describe("a receiver that works", () => {
  test.each(["https", "https-batch", "syslog-tls", "syslog", "http"])("over %s", async (scheme) => {
    const receiver = createDrainReceiver();
    const place = { host: "127.0.0.1" };
    await using server = scheme.startsWith("https")
      ? await listen(httpsServer(receiver.node))
      : scheme === "http"
        ? await listen(withSockets(createHttpServer(receiver.node)))
        : scheme === "syslog"
          ? await receiver.listenTcp(place)
          : await receiver.listenTls({ ...chain(good), ca: root.cert, ...place });
    async function* received() {
      for await (const { message } of receiver) {
        const data = message.structuredData.flatMap(({ parameters }) => parameters.flat());
        yield `${[Buffer.from(message.message), ...data].join(" ").replaceAll("\n", " ")}\n`;
      }
    }
    const report = await check(server, scheme, {
      count: 5,
      timeoutMs: 5_000,
      received: received(),
      tls: { cert: client.cert, key: client.key },
    });
    expect(report.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      sent: 30,
      arrivals: { arrived: 30, duplicated: 0, missing: {}, firstMs: expect.any(Number) },
    });
    if (scheme.includes("tls") || scheme.startsWith("https")) {
      expect(report.protocol).toBe("TLSv1.3");
      expect(report.chain.slice(0, 2)).toMatchObject([
        { subject: "receiver", issuer: "Test Intermediate", altNames: ["DNS:localhost"] },
        { subject: "Test Intermediate", issuer: "Test Root" },
      ]);
    } else {
      expect(report.problems).toMatchObject([{ code: "unencrypted" }]);
    }
    await receiver.close();
  });

  test("but loses messages of one kind: messages-lost", async () => {
    const receiver = createDrainReceiver();
    await using server = await listen(httpsServer(receiver.node));
    async function* received() {
      for await (const { envelope, message } of receiver) {
        if (envelope.message?.$case !== "counter") {
          yield `${JSON.stringify(message.structuredData)}\n`;
        }
      }
    }
    const report = await check(server, "https", { count: 2, received: received() });
    expect(report.problems).toMatchObject([
      {
        code: "messages-lost",
        message: "2 of 12 messages did not arrive within 500 ms (2 counter)",
      },
    ]);
    expect(report.arrivals).toMatchObject({ arrived: 10, missing: { counter: 2 } });
    await receiver.close();
  });

  test("but whose certificate expires soon: expires-soon, which is a warning", async () => {
    const notAfter = new Date(Date.now() + 3.5 * 24 * hourMs);
    const soon = await issue({ name: "receiver", notAfter }, intermediate);
    await using server = await listen(createHttpsServer(chain(soon), answer(200)));
    const report = await check(server, "https");
    expect(report).toMatchObject({ ok: true, problems: [{ code: "expires-soon" }] });
  });
});

test("rejects invalid arguments", async () => {
  await expect(checkDrain("ftp://x")).rejects.toThrow(/schemes/);
  await expect(checkDrain("https://x", { count: 0 })).rejects.toThrow("count must be");
});

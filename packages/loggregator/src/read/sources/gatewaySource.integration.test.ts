import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventEnvelope } from "@loggregator/api";
import { createCertificateAuthority, type Emulator, startEmulator } from "@loggregator/emulator";
import { reserveTcpPort } from "@loggregator/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Loggregator, loggregator } from "../../../testing/loggregator.js";

// Servers that are not a gateway, or are reached wrongly: one helpful line, and exit code 1.

let folder: string;
let ca: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "loggregator-gateway-"));
  ca = join(folder, "ca.crt");
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function refusal(
  url: string,
  options: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const args = ["tail", "--gateway", url, "--token", "any", ...options];
  const { code, stdout, stderr } = await loggregator(args, { env });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^loggregator: [^\n]+\n$/);
  return stderr;
}

describe("a web server", () => {
  let server: Server;
  let answer: RequestListener;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });

  test.each([
    [200, "<h1>Welcome</h1>", "got 200 text/html; check that the address is that of a gateway\n"],
    [404, "<h1>Not found</h1>", "check the token, and that the address is that of a gateway\n"],
    [400, "what?", "got 400 text/html; check that the address is that of a gateway\n"],
    [500, "\x1b[31moops\n", "got 500 text/html; try again later\n"],
  ])("with a page of status %i", async (status, body, part) => {
    answer = (_, response) => {
      response.writeHead(status, { "content-type": "text/html" }).end(body);
    };
    expect(await refusal(url)).toContain(part);
  });

  test("with only a status", async () => {
    answer = (_, response) => response.writeHead(503).end();
    expect(await refusal(url)).toContain("got 503; try again later");
  });

  test("without TLS, at an https URL", async () => {
    await writeFile(ca, (await createCertificateAuthority()).certificate);
    for (const options of [[], ["--ca", ca]]) {
      expect(await refusal(url.replace("http:", "https:"), options)).toMatch(
        /wrong version number; check the address: [^\n]*not use TLS, it begins with http:\/\/\n/,
      );
    }
  });
});

describe("a gateway with TLS", () => {
  let emulator: Emulator;

  beforeAll(async () => {
    const authority = await createCertificateAuthority();
    const rlpGateway = await authority.issue({
      commonName: "localhost",
      altNames: ["localhost"],
      notBefore: new Date("2019-01-01"),
      notAfter: new Date("2020-01-01"),
    });
    emulator = await startEmulator({ tls: { authority, rlpGateway } });
    await writeFile(ca, emulator.tls.gateway.ca);
  });

  afterAll(async () => {
    await emulator.close();
  });

  test("at an http URL", async () => {
    expect(await refusal(`http://${emulator.gateway.httpsAddress}`)).toContain(
      "uses TLS, it begins with https://",
    );
  });

  test("whose certificate has expired", async () => {
    expect(await refusal(emulator.gateway.httpsUrl, ["--ca", ca])).toMatch(
      /has expired; renew the gateway's certificate/,
    );
  });

  test("whose certificate is for another name", async () => {
    const authority = await createCertificateAuthority();
    const rlpGateway = await authority.issue({ commonName: "other", altNames: ["other.example"] });
    await using other = await startEmulator({ tls: { authority, rlpGateway } });
    const path = join(folder, "other.crt");
    await writeFile(path, other.tls.gateway.ca);
    expect(await refusal(other.gateway.httpsUrl, ["--ca", path])).toContain(
      "use a name of the gateway that is in its certificate",
    );
  });

  test.each(["", "no certificate\n"])("and a --ca with %j in it", async (content) => {
    const path = join(folder, "strange.crt");
    await writeFile(path, content);
    expect(await refusal(emulator.gateway.httpsUrl, ["--ca", path])).toContain(
      ": no certificate in PEM",
    );
  });
});

describe("through the environment's proxy", () => {
  let proxy: Server;
  let url: string;
  let requested: string[];

  beforeAll(async () => {
    proxy = createServer().listen(0, "127.0.0.1");
    await once(proxy, "listening");
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    requested = [];
    proxy.removeAllListeners("connect");
  });

  afterAll(async () => {
    proxy.close();
    proxy.closeAllConnections();
    await once(proxy, "close");
  });

  test("reads from a gateway with TLS", async () => {
    proxy.on("connect", ({ url }, socket) => {
      requested.push(url ?? "");
      const [, port] = (url ?? "").split(":");
      const upstream = connect(Number(port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [socket, upstream]) {
        end.on("error", () => upstream.destroy());
      }
    });
    await using emulator = await startEmulator();
    const path = join(folder, "proxied.crt");
    await writeFile(path, emulator.tls.gateway.ca);
    const address = emulator.gateway.httpsAddress.replace("127.0.0.1", "localhost");
    const args = ["tail", "--gateway", `https://${address}`, "--ca", path, "--token", "x"];
    await using command = new Loggregator([...args, "--count", "1"], { env: { HTTPS_PROXY: url } });
    await Promise.race([
      command.ended(),
      emulator.until(({ gatewayStreams }) => gatewayStreams === 1),
    ]);
    emulator.emit(eventEnvelope("hello", ""));
    expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
    expect(requested).toEqual([address]);
  });

  test("names the proxy and its answer if it refuses", async () => {
    proxy.on("connect", (_, socket) => {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    });
    const said = await refusal("https://gateway.example", [], { HTTPS_PROXY: url });
    expect(said).toContain(`the proxy ${url} refused a connection to gateway.example:443: 403`);
    expect(said).toMatch(/HTTPS_PROXY[^;]*\n$/);
    expect(said).not.toContain("undefined");
  });

  test("names the proxy if it is not there", async () => {
    await using port = await reserveTcpPort();
    const env = { HTTPS_PROXY: `http://${port.address}` };
    const said = await refusal("https://gateway.example", [], env);
    expect(said).toContain(`cannot connect to the proxy http://${port.address}: `);
    expect(said).not.toMatch(/undefined|loggregator emulate/);
  });

  test("never prints the proxy's password", async () => {
    await using port = await reserveTcpPort();
    const env = { HTTPS_PROXY: `http://me:pass%20word@${port.address}` };
    expect(await refusal("https://gateway.example", [], env)).not.toMatch(/pass.{1,3}word/);
  });
});

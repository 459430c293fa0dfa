import { request } from "node:http";
import { createServer } from "node:net";
import { logEnvelope } from "@loggregator/api";
import { DrainSender } from "@loggregator/drain";
import { listen, reserveTcpPort } from "@loggregator/testing";
import { createCertificates, writeCertificates } from "@loggregator/testing/certificates";
import { describe, expect, test } from "vitest";
import { Loggregator, loggregator } from "../../testing/loggregator.js";

/** Starts `drain receive`, and resolves to the addresses that it prints. */
async function startReceive(
  args: readonly string[],
  servers = 1,
  env: Readonly<Record<string, string>> = {},
): Promise<{ command: Loggregator; urls: string[] }> {
  const place = ["--port", "0", "--host", "127.0.0.1"];
  const command = new Loggregator(["drain", "receive", ...place, ...args], { env });
  const found = () => [...command.stderr.matchAll(/listening on (\S+)/g)].map(([, url]) => url);
  await command.until(() => found().length === servers);
  return { command, urls: found() as string[] };
}

const app = {
  sourceId: "app-guid",
  instanceId: "0",
  tags: { organization_name: "acme", space_name: "prod", app_name: "shop" },
};

describe("drain receive", () => {
  test("prints messages of a drain as tail does, and ends on Ctrl-C with a summary", async () => {
    const { command, urls } = await startReceive(["--time", "none"]);
    await using _ = command;
    const sender = new DrainSender({ url: `${urls[0]}/path`, logger: null });
    sender.emitLog("hello\u001b[2Jthere", { ...app, stream: "stdout" });
    sender.emitGauge({ cpu: { value: 12.5, unit: "percentage" } }, app);
    await sender.close();
    await command.until(({ stdout }) => stdout.split("\n").length > 2);
    expect(command.stdout).toMatch(/^shop\/0.*LOG .*hello\\x1b\[2Jthere\n/);
    expect(command.stdout).toMatch(/GAUGE .*cpu .*12\.5 %\n/);
    command.interrupt();
    const { code, stderr } = await command.ended();
    expect(code).toBe(0);
    expect(stderr).toMatch(/2 messages received\n$/);
  });

  test("serves HTTPS and syslog-tls with client certificates, and filters", async () => {
    const certificates = await createCertificates({
      commonName: "localhost",
      altNames: ["localhost", "127.0.0.1"],
    });
    await using server = await writeCertificates(certificates.server);
    const { command, urls } = await startReceive(
      [
        ...["--syslog-port", "0", "--cert", server.certPath, "--key", server.keyPath],
        ...["--client-ca", server.caPath, "--grep", "wanted", "--count", "2", "--json"],
      ],
      2,
    );
    await using _ = command;
    expect(urls).toEqual([
      expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^syslog-tls:\/\/127\.0\.0\.1:\d+$/),
    ]);
    const { ca, cert, key } = certificates.client;
    for (const [index, url] of urls.entries()) {
      const sender = new DrainSender({ url, tls: { ca, cert, key }, logger: null });
      sender.emit(logEnvelope("other", app));
      sender.emit(logEnvelope(`wanted ${index}`, app));
      await sender.close();
    }
    const { code, stdout } = await command.ended();
    expect(code).toBe(0);
    const texts = stdout
      .trim()
      .split("\n")
      .map((line) => Buffer.from(JSON.parse(line).log.payload, "base64").toString());
    expect(texts).toEqual(["wanted 0", "wanted 1"]);
  });

  test("requires the user and password, and reports refusals", async () => {
    const env = { DRAIN_PASSWORD: "geheim" };
    const { command, urls } = await startReceive(["--user", "drain"], 1, env);
    await using _ = command;
    const status = await new Promise((resolve, reject) => {
      const call = request(urls[0] as string, { method: "POST" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on("error", reject);
      call.end("<14>1 - - a - - - x");
    });
    expect(status).toBe(401);
    await command.until(({ stderr }) => /no valid credentials/.test(stderr));
    const url = (urls[0] as string).replace("//", "//drain:geheim@");
    const sender = new DrainSender({ url, logger: null });
    sender.emitLog("hello", app);
    await sender.close();
    await command.until(({ stdout }) => /hello/.test(stdout));
  });

  test.each([
    [["--user", "x"], {}, /--user and DRAIN_PASSWORD must be used together/],
    [["--cert", "x"], {}, /--cert and --key must be used together/],
    [["--cert", "no-file", "--key", "no-file"], {}, /--cert: cannot read the file/],
    [["--client-ca", "package.json"], {}, /--client-ca needs --cert/],
  ])("rejects %j", async (args, env, message) => {
    const { code, stderr } = await loggregator(["drain", "receive", "--port", "0", ...args], {
      env,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test("reports a taken port in one line", async () => {
    await using taken = await listen(createServer());
    const args = ["drain", "receive", "--host", "127.0.0.1", "--port", String(taken.port)];
    const { code, stderr } = await loggregator(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^loggregator: cannot listen: .*EADDRINUSE.*; choose another port\n$/);
  });
});

describe("drain check", () => {
  test("finds its messages in the output of drain receive", async () => {
    const { command, urls } = await startReceive(["--json"]);
    await using _ = command;
    await using check = new Loggregator([
      ...["drain", "check", urls[0] as string, "--count", "2", "--received", "-"],
    ]);
    // The payloads are base64 there; the tags have the marks too.
    command.output.pipe(check.stdin);
    const { code, stdout, stderr } = await check.ended();
    expect(stderr).toMatch(/^loggregator: warning: messages are sent without encryption/);
    expect(stdout).toMatch(
      / {2}sent {9}12 messages\n {2}arrived {6}12 of 12, after \d+ to \d+ ms\n$/,
    );
    expect(code).toBe(0);
  });

  test("shows the certificates, and prints a problem and its remedy in one line", async () => {
    const certificates = await createCertificates({
      commonName: "localhost",
      altNames: ["localhost"],
      notAfter: new Date(Date.now() - 3_600_000),
    });
    await using server = await writeCertificates(certificates.server);
    const { command, urls } = await startReceive([
      "--cert",
      server.certPath,
      "--key",
      server.keyPath,
    ]);
    await using _ = command;
    const url = (urls[0] as string).replace("127.0.0.1", "localhost");
    const { code, stdout, stderr } = await loggregator([
      "drain",
      "check",
      url,
      "--ca",
      server.caPath,
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^https:\/\/localhost:\d+\/\n {2}addresses /);
    expect(stderr).toMatch(
      /^loggregator: certificate-expired: the certificate of localhost expired on \S+; renew it, and restart the receiver\n$/,
    );
  });

  test("prints the report as JSON", async () => {
    await using port = await reserveTcpPort();
    const args = ["drain", "check", `syslog://127.0.0.1:${port.port}`, "--json"];
    const { code, stdout } = await loggregator(args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problems: [{ code: "unencrypted" }, { code: "connection-refused" }],
    });
  });

  test.each([
    [["ftp://x"], /the URL must be the URL of a drain with one of the schemes/],
    [["https://x.invalid", "--received", "no-such-file"], /--received: cannot read the file/],
    [["https://x", "--count", "0"], /--count must be a positive integer/],
  ])("rejects %j", async (args, message) => {
    const { code, stderr } = await loggregator(["drain", "check", ...args]);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(message);
  });
});

describe("drain bind", () => {
  test("prints the commands of cf", async () => {
    const url = "https-batch://drain:it's@receiver.example.com/a?drain-type=all";
    const { code, stdout, stderr } = await loggregator([
      ...["drain", "bind", url, "shop", "my app", "--drain-data", "metrics"],
    ]);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "cf create-user-provided-service drain-receiver.example.com -l 'https-batch://drain:it'\\''s@receiver.example.com/a?drain-data=metrics'",
      "cf bind-service shop drain-receiver.example.com",
      "cf bind-service 'my app' drain-receiver.example.com",
      "",
    ]);
    expect(stderr).toMatch(/"drain-type" is deprecated/);
  });

  test("passes certificates as credentials of the service", async () => {
    const { stdout } = await loggregator([
      ...["drain", "bind", "syslog-tls://receiver.example.com:6514", "shop", "--name", "d"],
      ...["--cert", "c.crt", "--key", "c.key", "--ca", "ca.crt", "--disable-metadata"],
    ]);
    expect(stdout).toContain(
      `-l 'syslog-tls://receiver.example.com:6514?drain-data=logs&disable-metadata=true' -p "$(jq -n --rawfile cert c.crt --rawfile key c.key --rawfile ca ca.crt '{cert: $cert, key: $key, ca: $ca}')"`,
    );
  });

  test.each([[["ftp://x", "a"]], [["https://", "a"]], [["https://x"]]])(
    "rejects %j",
    async (args) => {
      const { code } = await loggregator(["drain", "bind", ...args]);
      expect(code).toBe(2);
    },
  );
});

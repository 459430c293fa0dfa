import { expect, test } from "vitest";
import { certificates, localCertificates } from "../../testing/certificates.js";
import { post, serveHttps, take } from "../../testing/servers.js";
import { createDrainReceiver, type DrainReceiverError } from "../index.js";

const body = "<14>1 - - app [0] - - x\n";
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

test.each<[string | undefined, number]>([
  [basic("user:secret"), 200],
  [basic("second:other:secret"), 200],
  [basic("üser:gehéim"), 200],
  ["Bearer the-token", 200],
  ["bearer next-token", 200],
  [undefined, 401],
  ["", 401],
  [basic("user:"), 401],
  [basic("user:secretsecret"), 401],
  [basic("user:secre"), 401],
  [basic("user"), 401],
  ["Basic not-base-64!", 401],
  [`Bearer ${Buffer.from("user:secret").toString("base64")}`, 401],
  ["Basic the-token", 401],
  ["Bearer the-toke", 401],
  ["Bearer the-token x", 401],
  ["Digest x", 401],
])("a request with Authorization %j is answered with %i", async (authorization, expected) => {
  const refusals: DrainReceiverError[] = [];
  const receiver = createDrainReceiver({
    auth: {
      basic: [
        { username: "user", password: "secret" },
        { username: "second", password: "other:secret" },
        { username: "üser", password: "gehéim" },
      ],
      bearer: ["the-token", "next-token"],
    },
    onRefused: (error) => refusals.push(error),
  });
  const { status, headers } = await receiver.fetch(
    new Request("https://x.example", {
      method: "POST",
      body,
      headers: authorization === undefined ? {} : { authorization },
    }),
  );
  expect(status).toBe(expected);
  if (expected === 401) {
    expect(headers.get("www-authenticate")).toBe(
      'Basic realm="drain", charset="UTF-8", Bearer realm="drain"',
    );
    expect(refusals).toMatchObject([{ reason: "unauthorized" }]);
    expect(refusals[0]?.message).not.toMatch(/secret|token/);
  }
});

test("the user is part of the binding", async () => {
  const receiver = createDrainReceiver({
    auth: { basic: { username: "user", password: "secret" } },
  });
  const headers = { authorization: basic("user:secret") };
  await receiver.fetch(new Request("https://x.example", { method: "POST", body, headers }));
  expect((await take(receiver, 1))[0]?.binding.user).toBe("user");
});

test("over HTTPS, a client certificate can be required in addition to a password", async () => {
  const receiver = createDrainReceiver({
    auth: { basic: { username: "user", password: "secret" }, clientCertificate: true },
    onRefused: () => {},
  });
  await using server = await serveHttps(receiver.node, certificates, {
    requestCert: true,
    rejectUnauthorized: false,
  });
  const { ca, cert, key } = certificates.client;
  const stranger = await (await localCertificates()).authority.issue({ commonName: "client" });
  const headers = { authorization: basic("user:secret") };
  expect((await post(server.url, body, { ca, headers })).status).toBe(403);
  expect((await post(server.url, body, { ca, ...stranger, headers })).status).toBe(403);
  expect((await post(server.url, body, { ca, cert, key })).status).toBe(401);
  expect((await post(server.url, body, { ca, cert, key, headers })).status).toBe(200);
  expect((await take(receiver, 1))[0]?.binding.certificate?.subject).toBe("client");
});

test("syslog servers do not start without the requested authentication", async () => {
  const { cert, key } = certificates.server;
  for (const auth of [{ bearer: "x" }, { clientCertificate: true }]) {
    const receiver = createDrainReceiver({ auth });
    await expect(receiver.listenTcp()).rejects.toThrow(/auth does not work over TCP/);
    await expect(receiver.listenTls({ cert, key })).rejects.toThrow(/^ca must be set/);
  }
});

test("secrets are not shown in errors", () => {
  const of = (auth: object) => () => createDrainReceiver({ auth });
  expect(of({ basic: { username: "u", password: 5 } })).toThrow(
    "auth.basic.password must be a non-empty string, got number",
  );
  expect(of({ basic: { username: "u", pasword: "geheim" } })).toThrow(/did you mean "password"/);
  expect(of({ bearer: "" })).toThrow("auth.bearer must be a non-empty string");
  expect(of({ basic: { username: "a:b", password: "x" } })).toThrow(/without a colon/);
});

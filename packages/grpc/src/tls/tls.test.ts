import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CertificateAuthority, createCertificateAuthority } from "@loggregator/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TlsError } from "../errors.js";
import { loadTls, secureContext, type TlsMaterial } from "./tls.js";

let authority: CertificateAuthority;
let good: TlsMaterial;
let directory: string;

beforeAll(async () => {
  authority = await createCertificateAuthority();
  good = { ca: authority.certificate, ...(await authority.issue({ commonName: "client" })) };
  directory = await mkdtemp(join(tmpdir(), "tls-"));
});

afterAll(() => rm(directory, { recursive: true }));

async function path(name: string, content: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, content);
  return file;
}

test("reads certificates and key from files, and adds the server's name", async () => {
  const tls = await loadTls(
    {
      caPath: await path("ca.pem", String(good.ca)),
      certPath: await path("cert.pem", String(good.cert)),
      keyPath: await path("key.pem", String(good.key)),
    },
    "metron",
  );
  expect(tls.serverName).toBe("metron");
  expect(Buffer.from(tls.cert).toString()).toBe(good.cert);
});

test("accepts text and bytes", () => {
  secureContext(good);
  secureContext({
    ca: Buffer.from(good.ca),
    cert: new TextEncoder().encode(String(good.cert)),
    key: Buffer.from(good.key),
  });
});

test.for(["caPath", "certPath", "keyPath"])(
  "%s must be the path of a readable file",
  async (name) => {
    const file = await path("ca.pem", String(good.ca));
    const paths = { caPath: file, certPath: file, keyPath: file };
    for (const value of ["", undefined, 1]) {
      const loading = loadTls({ ...paths, [name]: value as never }, "metron");
      await expect(loading).rejects.toThrow(TypeError);
      await expect(loading).rejects.toThrow(new RegExp(`^${name} must be the path.*, got `));
    }
    for (const value of [join(directory, "none"), directory]) {
      const loading = loadTls({ ...paths, [name]: value }, "metron");
      await expect(loading).rejects.toThrow(TlsError);
      await expect(loading).rejects.toMatchObject({
        message: expect.stringContaining(`${name} "${value}": cannot read the file: `),
        option: name,
        path: value,
        cause: expect.objectContaining({ code: expect.stringMatching(/ENOENT|EISDIR/) }),
      });
    }
  },
);

test("paths must be an object", async () => {
  await expect(loadTls(undefined as never, "metron")).rejects.toThrow(TypeError);
});

test.for(["ca", "cert", "key"] as const)("%s must be PEM", (part) => {
  for (const value of [undefined, null, 1, {}, "", new Uint8Array()]) {
    const tls = { ...good, [part]: value as never };
    expect(() => secureContext(tls)).toThrow(TypeError);
    expect(() => secureContext(tls)).toThrow(`tls.${part} must be PEM text or bytes, got `);
  }
  for (const value of ["secret", Buffer.from("secret"), "-----BEGIN CERTIFICATE-----\nsecret"]) {
    const tls = { ...good, [part]: value };
    expect(() => secureContext(tls)).toThrow(TlsError);
    expect(() => secureContext(tls)).toThrow(
      new RegExp(
        `^tls.${part}: (?:certificate 1 is damaged:|no certificate|it must be) (?!.*secret)`,
      ),
    );
  }
});

test("an error names the file", async () => {
  const other = await authority.issue({ commonName: "other" });
  const paths = {
    caPath: await path("ca.pem", String(good.ca)),
    certPath: await path("cert.pem", String(good.cert)),
    keyPath: await path("key.pem", String(good.key)),
  };
  const cases = {
    caPath: [
      await path("damaged.pem", `${good.ca}-----BEGIN CERTIFICATE-----`),
      "certificate 2 is",
    ],
    certPath: [await path("empty.pem", ""), "no certificate in PEM"],
    keyPath: [await path("other.pem", String(other.key)), "it is not the private key of "],
  } as const;
  for (const [option, [file, reason]] of Object.entries(cases)) {
    await expect(loadTls({ ...paths, [option]: file }, "metron")).rejects.toMatchObject({
      name: "TlsError",
      option,
      path: file,
      reason: expect.stringContaining(reason),
      message: expect.stringContaining(`${option} "${file}": ${reason}`),
    });
  }
});

test.for([undefined, null, "pem", 1])("%s is rejected as TLS material", (tls) => {
  expect(() => secureContext(tls as never)).toThrow(/^tls must be an object, got/);
});

test("unknown names are rejected", async () => {
  expect(() => secureContext({ ...good, servername: "metron" } as never)).toThrow(
    'unknown option "tls.servername"; did you mean "serverName"?',
  );
  const paths = { caPath: "a", certPath: "b", keyPath: "c", capath: "d" };
  await expect(loadTls(paths, "metron")).rejects.toThrow(
    'unknown option "paths.capath"; did you mean "caPath"?',
  );
});

test("the server's name must be valid", () => {
  for (const serverName of ["", 1, null]) {
    expect(() => secureContext({ ...good, serverName: serverName as never })).toThrow(
      /^tls.serverName must be a non-empty string, got /,
    );
  }
});

test("a key of another certificate is reported", async () => {
  const other = await authority.issue({ commonName: "other" });
  expect(() => secureContext({ ...good, key: other.key })).toThrow(
    new TlsError('it is not the private key of the certificate "CN=client"', {
      option: "tls.key",
    }),
  );
});

test("a certificate that has expired or is not valid yet is reported", async () => {
  const expired = await authority.issue({
    commonName: "client",
    notAfter: new Date("2020-02-01T00:00:00Z"),
  });
  expect(() => secureContext({ ...good, ...expired })).toThrow(
    /^tls.cert: the certificate "CN=client" expired on Feb {2}1 .* 2020/,
  );
  const future = await authority.issue({
    commonName: "client",
    notBefore: new Date("2090-01-01"),
    notAfter: new Date("2091-01-01"),
  });
  expect(() => secureContext({ ...good, ...future })).toThrow(
    /is not valid before Jan {2}1 .* 2090/,
  );
});

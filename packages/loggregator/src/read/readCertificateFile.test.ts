import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificateAuthority } from "@loggregator/emulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCertificateFile } from "./readCertificateFile.js";

let folder: string;
let first: string;
let second: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "loggregator-bundle-"));
  first = (await createCertificateAuthority()).certificate;
  second = (await createCertificateAuthority()).certificate;
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function read(content: string | Uint8Array): Promise<string[]> {
  const path = join(folder, "bundle.pem");
  await writeFile(path, content);
  return readCertificateFile("--ca", path);
}

const serials = (certificates: readonly string[]) =>
  certificates.map((pem) => new X509Certificate(pem).serialNumber);

describe("a bundle", () => {
  test.each([
    ["one after the other", () => first + second],
    ["without a line end between them", () => first.trimEnd() + second.trimEnd()],
    ["indented", () => first + second.replace(/^/gm, "    ")],
    ["with CR LF", () => (first + second).replaceAll("\n", "\r\n")],
    ["with comments", () => `# one\n${first}\nSubject: two\n${second}\n# end`],
    [
      "with other PEM objects between them",
      () => `${first}-----BEGIN X-----\nAAAA\n-----END X-----\n${second}`,
    ],
  ])("of two certificates %s has both", async (_, content) => {
    expect(serials(await read(content()))).toEqual(serials([first, second]));
  });

  test("may be one certificate in DER", async () => {
    expect(serials(await read(new X509Certificate(first).raw))).toEqual(serials([first]));
  });

  test.each([
    ["damaged", () => second.replace(/[A-Za-z0-9+/]{64}\n/, "AAAA\n")],
    ["without an end", () => second.slice(0, 300)],
    ["empty", () => "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"],
  ])("whose second certificate is %s is refused, with its number", async (_, damaged) => {
    await expect(read(`${first}${damaged()}${first}`)).rejects.toThrow(
      /^--ca ".+bundle\.pem": certificate 2 is damaged: /,
    );
  });

  test.each(["", "no certificate\n"])("with %j in it is refused", async (content) => {
    await expect(read(content)).rejects.toThrow(/^--ca ".+bundle\.pem": no certificate in PEM$/);
  });

  test("that does not exist is refused", async () => {
    await expect(readCertificateFile("--ca", join(folder, "nope"))).rejects.toThrow(/ENOENT/);
  });
});

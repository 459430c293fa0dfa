import { X509Certificate } from "node:crypto";
import { type CertificateAuthority, createCertificateAuthority } from "@loggregator/emulator";
import { beforeAll, describe, expect, test } from "vitest";
import { TlsError } from "../errors.js";
import { readCertificates } from "./readCertificates.js";

let pems: string[];
let key: string;

beforeAll(async () => {
  const authorities: CertificateAuthority[] = await Promise.all(
    Array.from({ length: 3 }, () => createCertificateAuthority()),
  );
  pems = authorities.map(({ certificate }) => certificate.trim());
  ({ key } = await (authorities[0] as CertificateAuthority).issue({ commonName: "a" }));
});

const raw = (pem: string) => new X509Certificate(pem).raw;
const read = (input: string | Uint8Array) =>
  readCertificates({ option: "tls.ca" }, input).map((certificate) => certificate.toString().trim());

describe("all certificates of a bundle are read", () => {
  test.for<[string, () => string | Uint8Array]>([
    ["one after the other", () => pems.join("\n")],
    ["as bytes", () => Buffer.from(pems.join("\n"))],
    ["without line ends between them", () => pems.join("")],
    ["with CRLF", () => pems.join("\n").replaceAll("\n", "\r\n")],
    ["with a byte order mark", () => `\ufeff${pems.join("\n")}`],
    ["indented", () => pems.join("\n").replace(/^/gm, "    \t")],
    ["with trailing spaces", () => pems.join("\n").replace(/$/gm, "  ")],
    [
      "with comments between them",
      () => pems.map((pem, index) => `# ${index}\nsubject=CN = x\n\n${pem}`).join("\n"),
    ],
    ["in long lines", () => pems.map((pem) => inOneLine(pem)).join("\n")],
    ["with X509 in the label", () => pems.join("\n").replaceAll("CERTIFICATE", "X509 CERTIFICATE")],
    ["beside a key", () => [pems[0], key, pems[1], pems[2]].join("\n")],
    ["in DER", () => Buffer.concat(pems.map(raw))],
  ])("%s", ([, bundle]) => {
    expect(read(bundle())).toEqual(pems);
  });
});

function inOneLine(pem: string): string {
  const body = pem.split("\n").slice(1, -1).join("");
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;
}

describe("a damaged certificate is named by its number", () => {
  const cut = (pem: string) => pem.replace(/^.{64}\n/m, "");
  test.for<[string, (second: string) => string | Uint8Array]>([
    ["bytes are missing", (second) => [pems[0], cut(cut(second)), pems[2]].join("\n")],
    [
      "a character is wrong",
      (second) => [pems[0], second.replace("MII", "M*I"), pems[2]].join("\n"),
    ],
    [
      "it is text",
      () => [pems[0], "-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----"].join("\n"),
    ],
    [
      "it is empty",
      () => [pems[0], "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"].join("\n"),
    ],
    ["its END is missing", (second) => [pems[0], second.replace(/-----END.*/, "")].join("\n")],
    [
      "its END is missing, and others follow",
      (second) => [pems[0], second.replace(/-----END.*/, ""), pems[2]].join("\n"),
    ],
    [
      "its END is damaged",
      (second) => [pems[0], second.replace("-----END", "----END"), pems[2]].join("\n"),
    ],
    [
      "its BEGIN is damaged",
      (second) => [pems[0], second.replace("BEGIN", "BEGlN"), pems[2]].join("\n"),
    ],
    [
      "its BEGIN lacks a dash",
      (second) => [pems[0], second.replace("-----BEGIN", "----BEGIN"), pems[2]].join("\n"),
    ],
    [
      "its BEGIN is missing",
      (second) => [pems[0], second.replace(/-----BEGIN.*\n/, ""), pems[2]].join("\n"),
    ],
    [
      "other bytes follow it",
      (second) => [pems[0], inOneLine(second).replace("\n-----END", "AAAA\n-----END")].join("\n"),
    ],
    [
      "DER is truncated",
      (second) => Buffer.concat([raw(pems[0] as string), raw(second).subarray(0, -1)]),
    ],
    ["other bytes follow DER", () => Buffer.concat([raw(pems[0] as string), Buffer.from("x")])],
  ])("if %s", ([, bundle]) => {
    const damaged = bundle(pems[1] as string);
    expect(() => read(damaged)).toThrow(TlsError);
    expect(() => read(damaged)).toThrow(/^tls\.ca: certificate 2 is damaged: (?!.*secret)/);
  });

  test("text without certificates is an error", () => {
    for (const text of ["text", key, "# empty\n"]) {
      expect(() => read(text)).toThrow(new TlsError("no certificate in PEM", { option: "tls.ca" }));
    }
  });

  test("a large text is read in linear time", () => {
    const before = performance.now();
    expect(() => read("-----BEGIN CERTIFICATE-----\n".repeat(100_000))).toThrow(TlsError);
    expect(() => read("BEGIN".repeat(400_000))).toThrow(TlsError);
    expect(() => read("-".repeat(2_000_000))).toThrow(TlsError);
    expect(() => read(`${"a".repeat(2_000_000)}*`)).toThrow(TlsError);
    // Quadratic time would take hours.
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});

import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { expect, test } from "vitest";
import { createCertificateAuthority } from "./certificateAuthority.js";

const DayMs = 86_400_000;

test("an authority signs certificates and issues them with their key", async () => {
  const authority = await createCertificateAuthority();
  const { cert, key } = await authority.issue({ commonName: "metron" });

  const issued = new X509Certificate(cert);
  expect(issued.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  expect(issued.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
  expect(() => createSecureContext({ cert, key })).not.toThrow();
});

test("a certificate is for its common name, unless other names are given", async () => {
  const authority = await createCertificateAuthority();
  const plain = new X509Certificate((await authority.issue({ commonName: "metron" })).cert);
  expect(plain.checkHost("metron")).toBe("metron");
  expect(plain.checkHost("localhost")).toBeUndefined();

  const altNames = ["a.test", "127.0.0.1", "::1"];
  const other = await authority.issue({ commonName: "metron", altNames });
  const named = new X509Certificate(other.cert);
  expect(named.checkHost("a.test")).toBe("a.test");
  expect(named.checkHost("metron")).toBeUndefined();
  expect(named.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(named.checkIP("::1")).toBe("::1");
});

test("a certificate is valid from an hour ago for a year, unless dates are given", async () => {
  const authority = await createCertificateAuthority();
  const now = Date.now();
  const usual = new X509Certificate((await authority.issue({ commonName: "a" })).cert);
  expect(Date.parse(usual.validFrom)).toBeLessThan(now - DayMs / 25);
  expect(Date.parse(usual.validTo)).toBeGreaterThan(now + 364 * DayMs);

  const notAfter = new Date("2020-01-02T00:00:00Z");
  const expired = new X509Certificate((await authority.issue({ commonName: "a", notAfter })).cert);
  expect(new Date(expired.validFrom)).toEqual(new Date("2020-01-01T23:00:00Z"));
  expect(new Date(expired.validTo)).toEqual(notAfter);

  const notBefore = new Date(now + DayMs);
  const future = new X509Certificate((await authority.issue({ commonName: "a", notBefore })).cert);
  expect(Date.parse(future.validFrom)).toBeGreaterThan(now);
});

test("an authority may issue certificates, and issued ones may not", async () => {
  const authority = await createCertificateAuthority({ commonName: "größe CA" });
  const { cert } = await authority.issue({ commonName: "metron", altNames: ["::ffff:10.0.0.1"] });
  const [root, leaf] = [new X509Certificate(authority.certificate), new X509Certificate(cert)];
  expect([root.ca, leaf.ca]).toEqual([true, false]);
  expect(root.subject).toBe("CN=größe CA");
  expect(leaf.issuer).toBe(root.subject);
  expect(leaf.subjectAltName).toBe("IP Address:0:0:0:0:0:FFFF:A00:1");
  expect(leaf.serialNumber).not.toBe(root.serialNumber);
});

test("dates from 2050 on have four digits of the year", async () => {
  const notAfter = new Date("2060-01-02T03:04:05Z");
  const authority = await createCertificateAuthority({ notAfter });
  expect(new Date(new X509Certificate(authority.certificate).validTo)).toEqual(notAfter);
});

test("two authorities of the same name do not trust each other's certificates", async () => {
  const [one, other] = await Promise.all([
    createCertificateAuthority(),
    createCertificateAuthority(),
  ]);
  const { cert } = await one.issue({ commonName: "a" });
  const issued = new X509Certificate(cert);
  expect(issued.verify(new X509Certificate(other.certificate).publicKey)).toBe(false);
});

test("dates in the wrong order and an empty name are refused", async () => {
  const authority = await createCertificateAuthority();
  const notBefore = new Date("2030-01-01");
  const notAfter = new Date("2020-01-01");
  await expect(authority.issue({ commonName: "a", notBefore, notAfter })).rejects.toThrow(
    "notAfter must be a date after notBefore (2030-01-01T00:00:00.000Z), got 2020-01-01T00:00:00.000Z",
  );
  await expect(authority.issue({ commonName: "" })).rejects.toThrow(
    'commonName must be a non-empty string, got ""',
  );
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redactor } from "./redactor.js";

const secret = 's3cr3t & "more"/ü+x=';
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Ways in which another server may write a secret. */
const encodings: Record<string, (text: string) => string> = {
  "as it is": (text) => text,
  "escaped for JSON": (text) => JSON.stringify(text).slice(1, -1),
  "escaped for JSON as Go does": (text) =>
    JSON.stringify(text).slice(1, -1).replaceAll("&", "\\u0026").replaceAll("/", "\\/"),
  "in \\u escapes": (text) =>
    Array.from(
      { length: text.length },
      (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  "percent-encoded": encodeURIComponent,
  "percent-encoded in lower case": (text) =>
    encodeURIComponent(text).replace(/%../g, (digits) => digits.toLowerCase()),
  "percent-encoded in full": (text) =>
    Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).toUpperCase()}`).join(""),
  "as in a form": (text) => String(new URLSearchParams({ s: text })).slice(2),
  "percent-encoded twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  "escaped for HTML": (text) =>
    text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("ü", "&#xFC;"),
  "in base64": base64,
  "in base64, after a name": (text) => base64(`c:${text}`),
  "in base64, between others": (text) => base64(`my-client:${text} and more`),
  "in base64 for URLs": (text) => Buffer.from(`cl:${text}`).toString("base64url"),
  "in base64 with escaped ends": (text) => encodeURIComponent(base64(`c:${text}`)),
  "in base64 with line ends": (text) => base64(`c:${text}`).replace(/(.{20})/g, "$1\r\n"),
  "in hex": (text) => Buffer.from(text).toString("hex"),
  "in hex of upper case": (text) => Buffer.from(text).toString("hex").toUpperCase(),
  "escaped for JSON twice": (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  "in \\x escapes": (text) =>
    Array.from(Buffer.from(text), (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(""),
  "escaped for HTML twice": (text) =>
    text.replaceAll("&", "&amp;amp;").replaceAll('"', "&amp;quot;").replaceAll("ü", "&amp;#252;"),
  "in HTML's numbers": (text) => Array.from(text, (c) => `&#${c.codePointAt(0)};`).join(""),
  "escaped for JSON, percent-encoded": (text) =>
    encodeURIComponent(JSON.stringify(text).slice(1, -1).replaceAll("&", "\\u0026")),
};

describe("a redactor", () => {
  test.each(Object.entries(encodings))("removes a secret %s", (_, encode) => {
    const encoded = encode(secret);
    for (const text of [encoded, `before ${encoded} after`, `{"error":"${encoded}"}`]) {
      const redacted = redactor(secret)(text);
      expect(redacted).toContain("[redacted]");
      expect(redacted).not.toContain(encoded);
      expect(redacted).not.toMatch(/s3cr3t/);
    }
  });

  test("keeps the text around a secret, and withholds the text around an escaped one", () => {
    const redact = redactor(secret);
    expect(redact(`You sent ${secret}!`)).toBe("You sent [redacted]!");
    expect(redact(`You sent ${base64(secret)}!`)).toBe("[redacted]");
    expect(redact(`You sent ${encodeURIComponent(secret)}!`)).toBe("[redacted]");
  });

  test("removes a token that another server has truncated at any position", () => {
    const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N";
    const redact = redactor(token);
    for (let length = 12; length < token.length; length++) {
      expect(redact(`bearer ${token.slice(0, length)}…`)).not.toContain(token.slice(0, 12));
      expect(redact(`…${token.slice(-length)}`)).not.toContain(token.slice(-12));
    }
    for (let length = 3; length < token.length; length++) {
      expect(redact(`You sent ${token.slice(0, length)}`, true)).toMatch(
        /^(You sent )?\[redacted]$/,
      );
    }
  });

  test("changes no other text, and ignores secrets that are too short", () => {
    for (const redact of [redactor(), redactor(secret), redactor("t"), redactor("")]) {
      for (const text of [
        "",
        "not found",
        "100 % \\ & &x; %zz %e2",
        "a+b",
        "bearer token missing",
      ]) {
        expect(redact(text)).toBe(text);
      }
    }
  });

  test("finds any secret in any of the encodings, anywhere", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 8, maxLength: 60 }),
        fc.constantFrom(...Object.keys(encodings)),
        fc.string({ maxLength: 20 }),
        (other, name, around) => {
          fc.pre(other.trim().length >= 8 && !/[\p{Cc}]/u.test(other));
          const encoded = encodings[name]?.(other) ?? "";
          fc.pre(!around.includes(encoded) && !"[redacted]".includes(encoded));
          expect(redactor(other)(around + encoded + around)).not.toContain(encoded);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("takes linear time for any text and secret", () => {
    const size = 64 * 1024;
    const begin = performance.now();
    for (const piece of [
      "a",
      "%",
      "%4",
      "%41",
      "\\",
      "\\u",
      "\\u00",
      "&#",
      "&#x",
      "eyJ",
      "eyJ.",
      "=",
    ]) {
      for (const repeated of [
        "a".repeat(2_000),
        `${piece.repeat(2_000)}b`,
        `b${piece.repeat(2_000)}`,
      ]) {
        redactor(repeated)(piece.repeat(size / piece.length));
      }
    }
    // 36 texts; quadratic time takes seconds for each.
    expect(performance.now() - begin).toBeLessThan(20_000);
  });
});

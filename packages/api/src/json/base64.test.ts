import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as anywhere from "./base64.js";
import * as inBrowsers from "./browser/base64.js";

describe.each([
  ["base64 anywhere", anywhere],
  ["base64 in browsers", inBrowsers],
])("%s", (_, { decodeBase64, encodeBase64 }) => {
  test("bytes are written with the standard alphabet and padding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      }),
    );
  });

  test("every encoding of bytes is accepted: standard and URL-safe, with or without padding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const standard = Buffer.from(bytes).toString("base64");
        const urlSafe = standard.replaceAll("+", "-").replaceAll("/", "_");
        for (const padded of [standard, urlSafe]) {
          expect(decodeBase64(padded)).toEqual(bytes);
          expect(decodeBase64(padded.replace(/=+$/, ""))).toEqual(bytes);
        }
      }),
    );
  });

  test("bits after the last byte are ignored, as in the reference", () => {
    expect(decodeBase64("QR==")).toEqual(Uint8Array.of(0x41));
  });

  test.each([
    "A",
    "QUJDR",
    "QUI=QUI=",
    "Q===",
    "QQ=",
    "QUJD=",
    "====",
    "=",
    "QU D",
    "QUJD\n",
    "QU!D",
    "QUÄD",
    "QU語D",
    "+A-A",
    "__//",
  ])("rejects %j", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});

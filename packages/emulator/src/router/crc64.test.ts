import { expect, test } from "vitest";
import { crc64 } from "./crc64.js";

test("gives the check value of CRC-64/XZ", () => {
  expect(crc64("123456789")).toBe(0x995d_c9bb_df19_39fan);
});

test("is 0 for empty text", () => {
  expect(crc64("")).toBe(0n);
});

test("encodes text as UTF-8", () => {
  // The result of Go's crc64.Checksum([]byte("größe"), crc64.MakeTable(crc64.ECMA)).
  expect(crc64("größe")).toBe(0x2ed8_6d5f_7f75_c887n);
});

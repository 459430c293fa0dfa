import { expect, test } from "vitest";
import { isGuid } from "./isGuid.js";

test.each([
  ["984992f6-3cfb-4417-9321-786ee5233e9c", true],
  ["984992F6-3CFB-4417-9321-786EE5233E9C", true],
  ["984992f63cfb44179321786ee5233e9c", false],
  ["984992f6-3cfb-4417-9321-786ee5233e9c ", false],
  ["checkout", false],
  ["", false],
])("%j: %s", (text, expected) => expect(isGuid(text)).toBe(expected));

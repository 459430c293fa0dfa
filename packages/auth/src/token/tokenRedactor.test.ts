import { expect, test } from "vitest";
import { tokenRedactor } from "./tokenRedactor.js";

test("removes unknown tokens from JSON, forms and text", () => {
  const redact = tokenRedactor("");
  expect(redact('{"access_token":"abc","token_type":"bearer"}')).toBe(
    '{"access_token":"[redacted]","token_type":"bearer"}',
  );
  expect(redact("grant_type=x&client_secret=abc&refresh_token=def&a=b")).toBe(
    "grant_type=x&client_secret=[redacted]&refresh_token=[redacted]&a=b",
  );
  expect(redact("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.abc expired")).toBe(
    "token [redacted] expired",
  );
});

test("removes the secret itself", () => {
  expect(tokenRedactor("s3cr3t")("client s3cr3t is unknown")).toBe("client [redacted] is unknown");
});

test("takes linear time", () => {
  const size = 64 * 1024;
  const begin = performance.now();
  for (const piece of [
    "access_token",
    "access_token:",
    'password"',
    "client_secret=:",
    "eyJ",
    "eyJ.",
  ]) {
    tokenRedactor("s3cr3t")(piece.repeat(size / piece.length));
  }
  // Quadratic time takes seconds for each.
  expect(performance.now() - begin).toBeLessThan(10_000);
});

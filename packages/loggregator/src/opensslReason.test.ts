import { expect, test } from "vitest";
import { opensslReason } from "./opensslReason.js";

test.each([
  [
    "connect to https://x failed: write EPROTO 40E7B2A7C37F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl/record/ssl3_record.c:354:\n",
    "connect to https://x failed: wrong version number",
  ],
  [
    "40E7:error:0A000126:SSL routines::unexpected eof while reading:ssl/record/rec_layer_s3.c:689:",
    "unexpected eof while reading",
  ],
  ["connect ECONNREFUSED 127.0.0.1:9", "connect ECONNREFUSED 127.0.0.1:9"],
  ["got 500: error:x", "got 500: error:x"],
  ["zz:error:a:b:c:d:e:1:", "zz:error:a:b:c:d:e:1:"],
  ["A:error:a:b:c:d:e:line:", "A:error:a:b:c:d:e:line:"],
  ["A:error:a:b:c:d:e:1: and more", "A:error:a:b:c:d:e:1: and more"],
  ["", ""],
])("%j", (message, expected) => {
  expect(opensslReason(message)).toBe(expected);
});

test.each([
  ["hex", "ABCDEF0123456789"],
  ["markers", ":error:"],
  ["hex and markers", "AB:error:"],
  ["colons", ":"],
  ["empty errors", "A:error:::::1:"],
  ["spaces", "A:error:a:b:c:d:e:1: "],
])("takes linear time for a text of %s", (_, part) => {
  const timeFor = (length: number) => {
    const text = part.repeat(length / part.length);
    const started = performance.now();
    for (let count = 0; count < 20; count++) {
      opensslReason(text);
    }
    return performance.now() - started;
  };
  timeFor(64_000);
  // 16 times the length takes 256 times as long if the time is quadratic.
  expect(timeFor(16 * 64_000)).toBeLessThan(64 * timeFor(64_000) + 500);
});

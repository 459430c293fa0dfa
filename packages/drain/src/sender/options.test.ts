import { expect, test } from "vitest";
import { DrainSender } from "../index.js";
import { parseDrainUrl } from "./parseDrainUrl.js";

test.each([
  ["https://r.example", { transport: "http", batch: false, tls: true, port: 443, path: "/" }],
  ["https-batch://r.example:8443/a?b=c", { batch: true, port: 8443, path: "/a?b=c" }],
  ["syslog-tls://r.example", { transport: "syslog", tls: true, port: 6514 }],
  ["syslog-tls://r.example:443", { port: 443 }],
  ["SYSLOG://r.example", { transport: "syslog", tls: false, port: 514 }],
  ["syslog://[::1]:5514", { host: "::1", port: 5514, name: "syslog://[::1]:5514" }],
  ["https://u%40:p%3A@r.example/x?s=1", { authorization: `Basic ${btoa("u@:p:")}` }],
  ["http-batch://localhost:8080", { tls: false, batch: true, port: 8080 }],
])("reads the URL %s", (url, expected) => {
  expect(parseDrainUrl(url)).toMatchObject(expected);
  expect(parseDrainUrl(url).name).not.toMatch(/@|\?/);
});

test.each([
  [
    "tcp://r.example:1",
    'url must be the URL of a drain with one of the schemes https, https-batch, syslog-tls, syslog, got "tcp:"',
  ],
  ["https://", "url must be the URL of a drain with a host"],
  ["r.example", /schemes/],
  ["https://u:geheim@r.example:99999", /with a host/],
  [5, /got 5/],
])("rejects the URL %s", (url, message) => {
  expect(() => new DrainSender({ url: url as string })).toThrow(message);
  expect(() => new DrainSender({ url: url as string })).not.toThrow(/geheim/);
});

test.each([
  [{ urll: "x" }, /unknown option "urll"; did you mean "url"/],
  [{ maxQueueSize: 0 }, "maxQueueSize must be a positive integer, got 0"],
  [{ retry: { maxAttempt: 1 } }, /retry\.maxAttempt"; did you mean "maxAttempts"/],
  [{ retry: 5 }, "retry must be an object, got 5"],
  [{ tls: { cert: "x" } }, /tls must be with both cert and key/],
  [{ tls: { cacert: "x" } }, /unknown option/],
  [{ tags: { a: 1 } }, "tags.a must be a string, got 1"],
  [{ bearer: "a b" }, /^bearer must be a token/],
  [{ logger: {} }, /logger/],
])("rejects the options %j", (options, message) => {
  expect(() => new DrainSender({ url: "syslog://x", ...options } as never)).toThrow(message);
});

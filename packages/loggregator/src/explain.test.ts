import { OptionRangeError, OptionTypeError } from "@loggregator/core";
import { ConnectionError, TlsError } from "@loggregator/grpc";
import { describe, expect, test } from "vitest";
import { CommandError, UsageError } from "./errors.js";
import { explain, messageOf, withFlags } from "./explain.js";

describe("withFlags", () => {
  const flags = { address: "--egress", "gateway.address": "--gateway" };

  test.each([
    [new OptionTypeError("address", '"host:port"', '"x"'), '--egress must be "host:port", got "x"'],
    [new OptionRangeError("gateway.address", "free", "3"), "--gateway must be free, got 3"],
  ])("names the flag of a rejected option", async (error, message) => {
    const failing = withFlags(flags, () => {
      throw error;
    });
    await expect(failing).rejects.toThrow(UsageError);
    await expect(failing).rejects.toThrow(message);
    await expect(withFlags(flags, async () => Promise.reject(error))).rejects.toThrow(message);
  });

  test("passes other errors on", async () => {
    const error = new OptionTypeError("adress", "one of address", '"adress"');
    const failing = withFlags(flags, () => {
      throw error;
    });
    await expect(failing).rejects.toBe(error);
  });
});

describe("explain", () => {
  test("shows an option that this command sets wrongly as a bug, not as a usage error", () => {
    const explained = explain(new OptionTypeError("maxRetrys", "one of maxRetries", '"maxRetrys"'));
    expect(explained).not.toBeInstanceOf(UsageError);
    expect(explained.exitCode).toBe(1);
    expect(explained.message).toMatch(/maxRetrys.+explain\.test\.ts/s);
  });

  test("cuts messages that quote a long answer", () => {
    const { message } = explain(new Error("x".repeat(100_000)));
    expect(message.length).toBeLessThan(1_100);
  });

  test.each([
    [{ option: "tls.ca" }, "--ca: no certificate in PEM", "check the address, --ca,"],
    [
      { option: "certPath", path: "/a b" },
      '--cert "/a b": no certificate in PEM',
      "check the file;",
    ],
    [
      { option: "keyPath", path: "tls.ca$&" },
      '--key "tls.ca$&": no certificate in PEM',
      "check the file;",
    ],
    [undefined, "no certificate in PEM", "check the address, --ca,"],
  ])("names the flag of a TlsError with %j, also behind other errors", (origin, text, advice) => {
    const tls = new TlsError("no certificate in PEM", origin);
    expect(explain(tls).message).toContain(`${text}; ${advice}`);
    const error = new ConnectionError("a:1", tls.message, { cause: tls });
    expect(explain(error).message).toContain(`cannot connect to a:1: ${text}; ${advice}`);
    expect(messageOf(new Error(`closed: ${error.message}`, { cause: error }))).toBe(
      `closed: cannot connect to a:1: ${text}`,
    );
  });

  test.each([
    ["connect", "check the address, or start"],
    ["proxy", undefined],
  ] as const)("gives advice by the step that failed: %s", (step, advice) => {
    const { message } = explain(new ConnectionError("a:1", "it failed", { step }));
    if (advice === undefined) {
      expect(message).toBe("cannot connect to a:1: it failed");
    } else {
      expect(message).toMatch(`cannot connect to a:1: it failed; ${advice}`);
    }
  });

  test.each([
    ["ERR_PROXY", "https://a", undefined],
    ["ECONNRESET", "http://a", "begins with https://"],
    ["ECONNRESET", "https://a", "check the address, or start"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "https://a", "with --ca"],
    ["CERT_HAS_EXPIRED", "https://a", "renew the gateway's certificate"],
    ["ENOTFOUND", "https://certificate.example", "check the address, or start"],
  ])("gives advice by the code of a gateway's failure: %s at %s", (code, url, advice) => {
    const cause = Object.assign(new Error("it failed"), { code });
    const fault = { name: "GatewayConnectionError", url };
    const { message } = explain(Object.assign(new Error("it failed", { cause }), fault));
    if (advice === undefined) {
      expect(message).toBe("it failed");
    } else {
      expect(message).toContain(advice);
    }
  });

  test("handles errors that cause each other", () => {
    const error = Object.assign(new Error("a"), { name: "GatewayConnectionError" });
    error.cause = Object.assign(new Error("b"), { cause: error });
    expect(explain(error)).toBeInstanceOf(CommandError);
  });

  test("takes linear time for a long response", () => {
    for (const part of ["ABCDEF0123456789", ":error:", "--ca", " ", "certificate "]) {
      const started = performance.now();
      explain(new Error(part.repeat(1_000_000 / part.length)));
      expect(performance.now() - started).toBeLessThan(2_000);
    }
  });
});

test("messageOf removes the path of a gRPC method", () => {
  const path = "/loggregator.v2.Egress/BatchedReceiver";
  const error = Object.assign(new Error(`${path} UNAVAILABLE: connection lost`), { path });
  expect(messageOf(error)).toBe("UNAVAILABLE: connection lost");
  expect(messageOf(new Error(`${path} failed`))).toBe(`${path} failed`);
});

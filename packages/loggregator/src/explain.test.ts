import { OptionRangeError, OptionTypeError } from "@loggregator/core";
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

  test("handles errors that cause each other", () => {
    const error = Object.assign(new Error("a"), { name: "GatewayConnectionError" });
    error.cause = Object.assign(new Error("b"), { cause: error });
    expect(explain(error)).toBeInstanceOf(CommandError);
  });

  test("takes linear time for what a server answered", () => {
    for (const part of ["ABCDEF0123456789", ":error:", "tls.ca", " ", "certificate "]) {
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

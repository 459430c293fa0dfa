import { describe, expect, test } from "vitest";
import { reasonOf, redactError } from "./redactError.js";
import { redactor } from "./redactor.js";

const secret = "s3cr3t-t0k3n";
const redact = redactor(secret);

describe("redactError", () => {
  test("copies name, message, stack and known fields of an error and its causes", () => {
    const cause = Object.assign(new Error(`connect to ${secret}`), {
      code: "ECONNREFUSED",
      port: 443,
      socket: { token: secret },
    });
    const error = new TypeError(`failed with ${secret}`, { cause });
    const copy = redactError(error, redact);
    expect(copy).toMatchObject({ name: "TypeError", message: "failed with [redacted]" });
    expect(copy.stack).toContain("redactError.test.ts");
    expect(copy.stack).not.toContain(secret);
    expect(copy.cause).toMatchObject({
      message: "connect to [redacted]",
      code: "ECONNREFUSED",
      port: 443,
    });
    expect(copy.cause).not.toHaveProperty("socket");
  });

  test("takes the first error of an AggregateError as the cause", () => {
    const errors = [new Error("connect ECONNREFUSED ::1:443"), new Error("other")];
    const copy = redactError(new AggregateError(errors), redact);
    expect(copy.cause).toMatchObject({ message: "connect ECONNREFUSED ::1:443" });
  });

  test("does not rethrow errors of getters, which may contain the secret", () => {
    const fail = {
      get(): never {
        throw new Error(secret);
      },
    };
    for (const field of ["message", "cause", "stack", "code"]) {
      const hostile = Object.defineProperty(new Error("x"), field, { ...fail, enumerable: true });
      expect(redactError(hostile, redact).message).toBe("an unreadable error");
      const outer = redactError(new Error("outer", { cause: hostile }), redact);
      expect(reasonOf(outer)).toBe("outer: an unreadable error");
    }
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(redactError(revoked.proxy, redact)).toBeInstanceOf(Error);
  });

  test("converts other values to errors, and truncates cyclic causes", () => {
    expect(redactError(`no ${secret}`, redact)).toMatchObject({ message: "no [redacted]" });
    expect(redactError(Object.create(null), redact)).toMatchObject({ message: "an object" });
    const cyclic = new Error("cyclic");
    cyclic.cause = cyclic;
    expect(reasonOf(redactError(cyclic, redact))).toBe("cyclic");
  });
});

test.each<[Error, string]>([
  [
    new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") }),
    "connect ECONNREFUSED",
  ],
  [new TypeError("terminated", { cause: new Error("other side closed") }), "other side closed"],
  [new TypeError("fetch failed"), "fetch failed"],
  [new TypeError("Failed to fetch"), "Failed to fetch"],
  [new Error("a", { cause: new Error("b") }), "a: b"],
  [
    new Error("proxy: connect ECONNREFUSED", { cause: new Error("connect ECONNREFUSED") }),
    "proxy: connect ECONNREFUSED",
  ],
  [new RangeError(""), "RangeError"],
])("the reason of %s is %j", (error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});

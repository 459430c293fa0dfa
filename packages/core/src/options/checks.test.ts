import { describe, expect, test } from "vitest";
import {
  delayMs,
  integerLimit,
  isOptionError,
  maxTimerMs,
  nonEmptyString,
  OptionRangeError,
  OptionTypeError,
  objectArgument,
  oneOf,
  optionalBoolean,
  optionalFunction,
  optionalSignal,
  positiveInteger,
  positiveMs,
  stringArgument,
  timeoutMs,
} from "../index.js";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** Returns the kind and the message of the option error that `check` throws. */
function thrown(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    if (!isOptionError(error)) {
      throw error;
    }
    expect(error.message).toBe(`${error.option} must be ${error.expected}, got ${error.received}`);
    const kind = error instanceof OptionTypeError ? "type" : "range";
    return `${kind}: ${error.message}`;
  }
  return "accepted";
}

const longestMs = "up to 2147483647";

describe("positiveMs", () => {
  test.each([1, 0.5, maxTimerMs])("accepts %d", (ms) => {
    expect(positiveMs("intervalMs", ms)).toBe(ms);
  });
  test.each([
    [0, "range", "0"],
    [-1, "range", "-1"],
    [nan, "range", "NaN"],
    [infinity, "range", "Infinity"],
    [maxTimerMs + 1, "range", "2147483648"],
    ["5", "type", '"5"'],
    [5n, "type", "5n"],
    [undefined, "type", "undefined"],
  ])("rejects %o", (value, kind, text) => {
    expect(thrown(() => positiveMs("intervalMs", value))).toBe(
      `${kind}: intervalMs must be a positive number of milliseconds ${longestMs}, got ${text}`,
    );
  });
});

describe("delayMs", () => {
  test.each([0, 1, maxTimerMs])("accepts %d", (ms) => {
    expect(delayMs("settleMs", ms)).toBe(ms);
  });
  test.each([
    [-0.1, "range", "-0.1"],
    [nan, "range", "NaN"],
    [infinity, "range", "Infinity"],
    [null, "type", "null"],
  ])("rejects %o", (value, kind, text) => {
    expect(thrown(() => delayMs("settleMs", value))).toBe(
      `${kind}: settleMs must be a number of milliseconds from 0 to 2147483647, got ${text}`,
    );
  });
});

describe("timeoutMs", () => {
  test.each([1, maxTimerMs, infinity])("accepts %d", (ms) => {
    expect(timeoutMs("stallTimeoutMs", ms)).toBe(ms);
  });
  test.each([
    [0, "range", "0"],
    [nan, "range", "NaN"],
    [-infinity, "range", "-Infinity"],
    [maxTimerMs + 1, "range", "2147483648"],
    [{}, "type", "an object"],
  ])("rejects %o", (value, kind, text) => {
    expect(thrown(() => timeoutMs("stallTimeoutMs", value))).toBe(
      `${kind}: stallTimeoutMs must be a positive number of milliseconds ${longestMs}, or Infinity, got ${text}`,
    );
  });
});

describe("positiveInteger", () => {
  test.each([1, 2 ** 53 - 1])("accepts %d", (value) => {
    expect(positiveInteger("batchMaxSize", value)).toBe(value);
  });
  test.each([
    [-1, "range", "-1"],
    [0, "range", "0"],
    [1.5, "range", "1.5"],
    [nan, "range", "NaN"],
    [infinity, "range", "Infinity"],
    [2 ** 53, "range", "9007199254740992"],
    ["1", "type", '"1"'],
  ])("rejects %o", (value, kind, text) => {
    expect(thrown(() => positiveInteger("batchMaxSize", value))).toBe(
      `${kind}: batchMaxSize must be a positive integer, got ${text}`,
    );
  });
});

describe("integerLimit", () => {
  test.each([2, 3, infinity])("accepts %d if the minimum is 2", (value) => {
    expect(integerLimit("maxQueueSize", value, 2)).toBe(value);
  });
  test.each([
    [1, "range", "1"],
    [2.5, "range", "2.5"],
    [nan, "range", "NaN"],
    [-infinity, "range", "-Infinity"],
    [true, "type", "true"],
  ])("rejects %o", (value, kind, text) => {
    expect(thrown(() => integerLimit("maxQueueSize", value, 2))).toBe(
      `${kind}: maxQueueSize must be an integer of at least 2, or Infinity, got ${text}`,
    );
  });
});

test("optionalBoolean returns the value, or the fallback for undefined", () => {
  expect(optionalBoolean("drain", true, false)).toBe(true);
  expect(optionalBoolean("drain", false, true)).toBe(false);
  expect(optionalBoolean("drain", undefined, true)).toBe(true);
  expect(thrown(() => optionalBoolean("drain", 1, true))).toBe(
    "type: drain must be true or false, got 1",
  );
  expect(thrown(() => optionalBoolean("drain", null, true))).toContain("got null");
});

test("stringArgument accepts every string and nothing else", () => {
  expect(stringArgument("name", "")).toBe("");
  expect(thrown(() => stringArgument("name", 3))).toBe("type: name must be a string, got 3");
  expect(thrown(() => stringArgument("name", new String("x")))).toContain("got a String");
});

test("nonEmptyString rejects the empty string with a RangeError", () => {
  expect(nonEmptyString("origin", " ")).toBe(" ");
  expect(thrown(() => nonEmptyString("origin", ""))).toBe(
    'range: origin must be a non-empty string, got ""',
  );
  expect(thrown(() => nonEmptyString("origin", undefined))).toBe(
    "type: origin must be a non-empty string, got undefined",
  );
});

test("oneOf names the choices", () => {
  expect(oneOf("stream", "stderr", ["stdout", "stderr"])).toBe("stderr");
  expect(thrown(() => oneOf("stream", "stdin", ["stdout", "stderr"]))).toBe(
    'type: stream must be "stdout" or "stderr", got "stdin"',
  );
  expect(thrown(() => oneOf("mode", undefined, ["a", "b", "c"]))).toBe(
    'type: mode must be "a", "b" or "c", got undefined',
  );
  expect(thrown(() => oneOf("mode", 1, ["only"]))).toBe('type: mode must be "only", got 1');
});

test("optionalFunction accepts functions and undefined", () => {
  expect(thrown(() => optionalFunction("onDropped", undefined))).toBe("accepted");
  expect(thrown(() => optionalFunction("onDropped", async () => {}))).toBe("accepted");
  expect(thrown(() => optionalFunction("onDropped", null))).toBe(
    "type: onDropped must be a function, got null",
  );
});

test("optionalSignal accepts signals, of other implementations too, and undefined", () => {
  const signalOfOtherRealm = { aborted: false, addEventListener() {}, removeEventListener() {} };
  expect(thrown(() => optionalSignal("signal", undefined))).toBe("accepted");
  expect(thrown(() => optionalSignal("signal", AbortSignal.abort()))).toBe("accepted");
  expect(thrown(() => optionalSignal("signal", signalOfOtherRealm))).toBe("accepted");
  expect(thrown(() => optionalSignal("signal", new AbortController()))).toBe(
    "type: signal must be an AbortSignal, got an AbortController",
  );
  expect(thrown(() => optionalSignal("signal", null))).toContain("got null");
  expect(thrown(() => optionalSignal("signal", new EventTarget()))).toContain("an EventTarget");
});

test("objectArgument rejects arrays, null and primitives", () => {
  expect(thrown(() => objectArgument("options", {}))).toBe("accepted");
  expect(thrown(() => objectArgument("options", []))).toBe(
    "type: options must be an object, got an array",
  );
  expect(thrown(() => objectArgument("options", null))).toContain("got null");
  expect(thrown(() => objectArgument("options", () => {}))).toContain("got a function");
});

describe("option errors", () => {
  test("are TypeErrors and RangeErrors with the option, what was expected and what was received", () => {
    const type = new OptionTypeError("tls", "an object", "3");
    const range = new OptionRangeError("size", "a positive integer", "-1", "another message");
    expect(type).toBeInstanceOf(TypeError);
    expect(range).toBeInstanceOf(RangeError);
    expect(String(type)).toBe("TypeError: tls must be an object, got 3");
    expect(String(range)).toBe("RangeError: another message");
    expect(range).toMatchObject({ option: "size", expected: "a positive integer", received: "-1" });
  });

  test("are recognized if another copy of the package created them", () => {
    const other = Object.assign(new RangeError("x"), { option: "a", expected: "b", received: "c" });
    expect(isOptionError(other)).toBe(true);
    expect(isOptionError(new OptionTypeError("a", "b", "c"))).toBe(true);
    expect(isOptionError(new TypeError("a"))).toBe(false);
    expect(isOptionError({ option: "a", expected: "b" })).toBe(false);
    expect(isOptionError(undefined)).toBe(false);
  });
});

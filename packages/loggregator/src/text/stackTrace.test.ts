import { expect, test } from "vitest";
import { type TracePart, traceNext, traceStart } from "./stackTrace.js";

/** The entries that lines are joined to. */
function entries(lines: readonly string[]): string[][] {
  const joined: string[][] = [];
  let part: TracePart = "none";
  for (const line of lines) {
    const entry = joined.at(-1);
    const next: TracePart | undefined =
      entry && traceNext(line, part, () => entry[0]?.startsWith("ERROR") === true);
    if (entry === undefined || next === undefined) {
      joined.push([line]);
      part = traceStart(line);
    } else {
      entry.push(line);
      part = next;
    }
  }
  return joined;
}

test.each<[string, string[]]>([
  [
    "Java",
    [
      "Exception in thread main java.lang.IllegalStateException: refused",
      "\tat com.example.Cart.pay(Cart.java:7)",
      "\tSuppressed: java.io.IOException",
      "\t\tat com.example.Cart.close(Cart.java:9)",
      "Caused by: java.net.SocketException: reset",
      "\t... 12 more",
    ],
  ],
  ["Node.js", ["TypeError: x is not a function", "    at pay (cart.js:1:2)", "  code: 'E' {", "}"]],
  [
    "Python",
    [
      "Traceback (most recent call last):",
      '  File "cart.py", line 7, in pay',
      "ValueError: refused",
      "During handling of the above exception, another exception occurred:",
      "Traceback (most recent call last):",
      '  File "cart.py", line 9, in pay',
      "shop.errors.CartError",
    ],
  ],
  [
    "Python's logging",
    ["ERROR:root:failed", "Traceback (most recent call last):", "  File x", "ValueError: x"],
  ],
  [
    "Go",
    [
      "panic: runtime error: index out of range",
      "goroutine 1 [running]:",
      "main.(*Cart).pay(0x1)",
      "\t/app/cart.go:7 +0x1d",
      "created by main.main",
      "exit status 2",
    ],
  ],
  [
    ".NET",
    [
      "Unhandled exception. System.Exception: x",
      "   at Shop.Cart.Pay()",
      "--- End of stack trace from previous location ---",
      "   at Shop.Main()",
    ],
  ],
])("joins a trace of %s, and no other line", (_, trace) => {
  const before = "INFO started";
  const after = "INFO done";
  expect(entries([before, ...trace, after])).toEqual([[before], trace, [after]]);
});

test.each([
  ["INFO: a", "WARNING: b"],
  ["INFO a", "   "],
  ["{", "x(1)"],
  ["INFO a", "main()"],
])("keeps %j and %j apart", (...lines) => {
  expect(entries(lines)).toHaveLength(2);
});

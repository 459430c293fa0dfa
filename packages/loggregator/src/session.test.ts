import { expect, test } from "vitest";
import { endingSignals } from "./session.js";

test("Ctrl-Break ends a command on Windows, which has that signal only", () => {
  expect(endingSignals("win32")).toEqual(["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"]);
  expect(endingSignals("linux")).toEqual(["SIGINT", "SIGTERM", "SIGHUP"]);
});

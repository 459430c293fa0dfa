import { Command } from "commander";
import { afterEach, expect, test, vi } from "vitest";
import { collectTag, list, positiveInteger } from "../optionValues.js";
import { applyVariables, describeVariables } from "./environment.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Returns the options after parsing the arguments with these variables. */
function optionsOf(args: readonly string[], variables: Readonly<Record<string, string>>) {
  for (const [name, value] of Object.entries(variables)) {
    vi.stubEnv(name, value);
  }
  const command = new Command()
    .option("--to <url>", "destination")
    .option("--buffer <n>", "size", positiveInteger("--buffer"), 5)
    .option("-s, --source-id <id>", "source", list("--source-id", "an id"))
    .option("--tag <name=value>", "tag", collectTag)
    .option("-i, --ignore-case", "case")
    .parse(args, { from: "user" });
  applyVariables(command);
  return command.opts();
}

test("sets each option from its variable", () => {
  const variables = {
    NOZZLE_TO: "stdout",
    NOZZLE_BUFFER: "7",
    NOZZLE_SOURCE_ID: "a,b",
    NOZZLE_TAG: "a=1,2,b=3",
    NOZZLE_IGNORE_CASE: "true",
  };
  expect(optionsOf([], variables)).toEqual({
    to: "stdout",
    buffer: 7,
    sourceId: ["a", "b"],
    tag: { a: "1,2", b: "3" },
    ignoreCase: true,
  });
});

test("prefers the command line, and ignores empty variables", () => {
  const variables = { NOZZLE_TO: "", NOZZLE_BUFFER: "7", NOZZLE_IGNORE_CASE: "false" };
  expect(optionsOf(["--buffer", "8"], variables)).toEqual({ buffer: 8 });
});

test.each([
  ["NOZZLE_BUFFER", "x", 'NOZZLE_BUFFER: --buffer must be a positive integer, got "x"'],
  ["NOZZLE_SOURCE_ID", "a,", 'NOZZLE_SOURCE_ID: --source-id must be an id, got ""'],
  ["NOZZLE_IGNORE_CASE", "maybe", 'NOZZLE_IGNORE_CASE must be true or false, got "maybe"'],
])("rejects %s=%s", (name, value, message) => {
  expect(() => optionsOf([], { [name]: value })).toThrow(message);
});

test("describes the variables", () => {
  const command = new Command().option("--shard-id <id>", "share").option("--ca <path>", "ca");
  expect(describeVariables(command).helpInformation()).toContain("share (env: NOZZLE_SHARD_ID)");
  expect(command.helpInformation()).not.toContain("NOZZLE_CA");
});

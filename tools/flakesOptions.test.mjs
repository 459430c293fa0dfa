import { expect, test } from "vitest";
import { parseFlakesOptions } from "./flakesOptions.mjs";

test("defaults to 10 runs of everything beside 2 busy processes", () => {
  expect(parseFlakesOptions([])).toEqual({ runs: 10, busy: 2, help: false, filters: [] });
});

test("accepts counts and file filters", () => {
  expect(parseFlakesOptions(["--runs", "3", "--busy=0", "packages/egress"])).toEqual({
    runs: 3,
    busy: 0,
    help: false,
    filters: ["packages/egress"],
  });
});

test.each([
  { args: ["--runs", "0"], message: '--runs must be an integer from 1 to 9999, got "0"' },
  { args: ["--runs", "ten"], message: '--runs must be an integer from 1 to 9999, got "ten"' },
  { args: ["--runs", "1.5"], message: '--runs must be an integer from 1 to 9999, got "1.5"' },
  { args: ["--runs="], message: '--runs must be an integer from 1 to 9999, got ""' },
  { args: ["--busy", "99999"], message: '--busy must be an integer from 0 to 9999, got "99999"' },
  { args: ["--run", "3"], message: "Unknown option '--run'" },
  { args: ["--runs"], message: "argument missing" },
])("rejects $args", ({ args, message }) => {
  expect(() => parseFlakesOptions(args)).toThrow(message);
});

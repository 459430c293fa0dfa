import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createProgram } from "../createProgram.js";
import { manPage } from "./manPage.js";

const page = manPage(createProgram(), "1.2.3");

test("names every command and option", () => {
  const plain = page.replaceAll("\\-", "-");
  for (const command of createProgram().commands) {
    expect(plain).toContain(`loggregator ${command.name()}`);
    for (const { long } of command.options) {
      expect(plain).toContain(long);
    }
  }
  expect(plain).toContain("loggregator emit counter [options] [name] [number]");
  expect(plain).toContain("env: LOGGREGATOR_CA_PATH");
  // The notes and examples of the help.
  expect(plain).toContain("seq 10000 | loggregator emit log");
});

test("the built page is the one that package.json names", () => {
  const root = new URL("../../", import.meta.url);
  const { man, version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  expect(readFileSync(new URL(man, root), "utf8")).toBe(manPage(createProgram(), version));
});

const tools = [
  ["man", ["--warnings", "--local-file", "-Tutf8", "-"]],
  ["mandoc", ["-T", "lint", "-W", "warning"]],
] as const;

// Tools that are not installed are skipped.
test.each(tools)("%s finds nothing wrong", (tool, args) => {
  const { status, error } = spawnSync(tool, ["--version"]);
  if (error !== undefined || status === null) {
    return;
  }
  const { stdout, stderr } = spawnSync(tool, args, { input: page, encoding: "utf8" });
  const found = `${tool === "man" ? "" : stdout}${stderr}`
    .split("\n")
    // The page has no date, so that equal sources give equal packages.
    .filter((line) => line !== "" && !line.includes("missing date"));
  expect(found).toEqual([]);
});

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { bin, loggregator } from "../testing/loggregator.js";

test("prints the version of the package", async () => {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  expect(await loggregator(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("a usage error ends the process with 2 and one line on standard error", async () => {
  const { code, stdout, stderr } = await loggregator(["tial"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toBe(
    "loggregator: unknown command 'tial' (Did you mean tail?); see \"loggregator --help\"\n",
  );
});

test("a reader may close the output during the help", async () => {
  const child = spawn("sh", ["-c", '"$0" "$1" --help | head -n 1', process.execPath, bin]);
  expect(await text(child.stderr)).toBe("");
});

test("the file that npm installs is started by Node.js directly, which Windows needs", () => {
  expect(readFileSync(bin, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
});

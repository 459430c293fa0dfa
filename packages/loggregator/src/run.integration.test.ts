import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bin, loggregator } from "../testing/loggregator.js";

describe("help", () => {
  test("names the commands and how to begin", async () => {
    const { code, stdout, stderr } = await loggregator(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const part of ["emulate", "emit", "tail", "top", "demo", "--env-file loggregator.env"]) {
      expect(stdout).toContain(part);
    }
  });

  test.each(["emulate", "emit", "emit log", "tail", "top", "demo"])(
    "explains %j within 80 columns",
    async (path) => {
      const { code, stdout } = await loggregator([...path.split(" "), "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: loggregator ${path}`);
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    },
  );

  test("may be cut off by its reader", async () => {
    const child = spawn("sh", ["-c", 'sh "$0" --help | head -n 1', bin]);
    let errors = "";
    child.stderr.on("data", (text) => {
      errors += text;
    });
    await once(child, "close");
    expect(errors).toBe("");
  });
});

test("the version is the package's", async () => {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  expect(await loggregator(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

describe("what can't be meant ends with 2 and one line that helps", () => {
  test.each([
    ["tial", "(Did you mean tail?)"],
    ["tail --nope", 'see "loggregator tail --help"'],
    ["tail --type lgo", "Expected one of log, counter, gauge, timer, event"],
    ["tail --count none", "Expected a whole number from 1 up"],
    ["tail", "expected --gateway or --egress, got neither"],
    ["tail --gateway http://x --egress x:1", "leave one of them out"],
    ["tail --gateway log-stream.example.com", "expected a URL such as https://"],
    ["tail --egress 127.0.0.1:1", "no --ca, no --cert, no --key"],
    ["tail --gateway http://127.0.0.1:9 --name cpu --type log", "--name: expected --type counter"],
    ["tail --gateway http://127.0.0.1:9 --token ☕", "got a token of 1 characters"],
    ["top --interval 0", "Expected a number greater than 0"],
    ["emit log --rate x hello", 'see "loggregator emit log --help"'],
    ["emit log --tag x hello", "Expected NAME=VALUE"],
    ["emit log --stream stdin hello", "Allowed choices are stdout, stderr"],
    ["emit log hello", "no --ca, no --cert, no --key"],
    ["emit counter requests many --v1", "expected NAME or NAME NUMBER"],
    ["emit gauge cpu --v1", "expected NAME=VALUE"],
    ["emit timer http 23ms --v1", "leave --v1 out"],
    ["emit log --v1 --v1-address nowhere hello", "--v1-address: expected"],
    ["emulate --ingress nowhere", '--ingress: expected "host:port"'],
    ["emulate --token ''", "Expected a token"],
  ])("%s", async (line, part) => {
    const { code, stdout, stderr } = await loggregator(line.replace("''", "").split(" "));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(part);
    expect(stderr).toMatch(/^loggregator: [^\n]+\n$/);
  });

  test("no command at all: the help, on standard error", async () => {
    const { code, stdout, stderr } = await loggregator([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: loggregator");
  });
});

test("Node.js is kept from taking --env-file for its own", () => {
  // It would end with "not found", as the file is the command's to make.
  const args = [bin, "emulate", "--env-file", "/nowhere/at/all.env", "--help"];
  expect(execFileSync("sh", args).toString()).toContain("Usage: loggregator emulate");
});

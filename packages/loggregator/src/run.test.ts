import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { run } from "./run.js";

let stdout: string;
let stderr: string;

beforeEach(() => {
  stdout = "";
  stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  // Whatever whoever runs the tests has set.
  for (const name of Object.keys(process.env)) {
    if (/^LOGGREGATOR_|^CF_TOKEN$/.test(name)) vi.stubEnv(name, undefined);
  }
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("help", () => {
  test("names the commands and how to begin", async () => {
    expect(await run(["--help"])).toBe(0);
    expect(stderr).toBe("");
    for (const part of ["emulate", "emit", "tail", "top", "demo", "--env loggregator.env"]) {
      expect(stdout).toContain(part);
    }
  });

  test.each(["emulate", "emit", "emit log", "tail", "top", "demo"])(
    "explains %j within 80 columns",
    async (path) => {
      expect(await run([...path.split(" "), "--help"])).toBe(0);
      expect(stdout).toContain(`Usage: loggregator ${path}`);
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    },
  );

  test("comes on standard error, with 2, where there is no command at all", async () => {
    expect(await run([])).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Usage: loggregator");
  });
});

describe("what can't be meant ends with 2 and one line that helps", () => {
  const nowhere = ["--gateway", "http://127.0.0.1:9"];

  test.each([
    [["tial"], "(Did you mean tail?)"],
    [["tail", "--nope"], 'see "loggregator tail --help"'],
    [["tail", "--type", "lgo"], "Expected one of log, counter, gauge, timer, event"],
    [["tail", "--count", "none"], "Expected a whole number from 1 up"],
    [["tail"], "expected --gateway or --egress, got neither"],
    [["tail", ...nowhere, "--egress", "x:1"], "leave one of them out"],
    [["tail", "--gateway", "log-stream.example.com"], "expected a URL such as https://"],
    [["tail", "--egress", "127.0.0.1:1"], "no --ca, no --cert, no --key"],
    [["tail", ...nowhere, "--name", "cpu", "--type", "log"], "--name: expected --type counter"],
    [["tail", ...nowhere, "--token", "geheimniß"], "got a token of 9 characters"],
    [["tail", ...nowhere, "--token", "two\nlines"], "got a token of 9 characters"],
    [["tail", "--gateway", ""], "expected a URL such as https://"],
    [["tail", "--gateway", "http://me:secret@127.0.0.1:9"], "--gateway: expected a URL without"],
    [["top", "--interval", "0"], "Expected seconds, from 0.001 to 2000000"],
    [["top", "--interval", "1e9"], "Expected seconds, from 0.001 to 2000000"],
    [["emit", "log", "--rate", "x", "hello"], 'see "loggregator emit log --help"'],
    [["emit", "log", "--tag", "x", "hello"], "Expected NAME=VALUE"],
    [["emit", "log", "--stream", "stdin", "hello"], "Allowed choices are stdout, stderr"],
    [["emit", "log", "hello"], "no --ca, no --cert, no --key"],
    [["emit", "counter", "--v1", "requests", "many"], "expected NAME or NAME NUMBER"],
    [["emit", "counter", "--v1", "requests", String(2n ** 64n)], "a number up to 1844674407"],
    [["emit", "gauge", "--v1", "cpu"], "expected NAME=VALUE"],
    [["emit", "timer", "--v1", "http", "23ms"], "leave --v1 out"],
    [["emit", "event", "--v1", "deploy"], "leave --v1 out"],
    [["emit", "log", "--v1", "--v1-address", "nowhere", "x"], "--v1-address: expected"],
    [["emit", "log", "--v1", "--origin", "", "x"], "--origin: expected"],
    [["emulate", "--ingress", "nowhere"], '--ingress: expected "host:port"'],
    [["emulate", "--stream-timeout", "1e9"], "Expected seconds, from 0.001 to 2000000"],
    [["emulate", "--token", ""], "Expected a token"],
    [["emulate", "--token", "it's"], "Expected a token"],
    [["emulate", "--token", "mine:my-app,"], "Expected a token"],
  ])("%j", async (args, part) => {
    expect(await run(args)).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(part);
    expect(stderr).toMatch(/^loggregator: [^\n]+\n$/);
    expect(stderr).not.toMatch(/geheim|two/);
  });
});

test("leaves the process as it was", async () => {
  const count = () =>
    ["SIGINT", "SIGTERM", "SIGHUP"]
      .map((name) => process.listenerCount(name))
      .concat(process.stdout.listenerCount("error"));
  const before = count();
  await run(["tail"]);
  await run(["--version"]);
  expect(count()).toEqual(before);
});

import { beforeEach, describe, expect, test, vi } from "vitest";
import { type CapturedOutput, captureOutput } from "../testing/capturedOutput.js";
import { run } from "./run.js";

let output: CapturedOutput;

beforeEach(() => {
  output = captureOutput();
});

describe("help", () => {
  test("lists the commands and how to start", async () => {
    expect(await run(["--help"])).toBe(0);
    expect(output.stderr).toBe("");
    for (const part of [
      "emulate",
      "emit",
      "tail",
      "top",
      "ui",
      "recent",
      "query",
      "meta",
      "demo",
      "--env loggregator.env",
    ]) {
      expect(output.stdout).toContain(part);
    }
  });

  test.each([
    ...["emulate", "emit", "emit log", "tail", "top", "ui", "recent", "query", "meta", "demo"],
    ...["drain", "drain receive", "drain check", "drain bind", "completion"],
    "nozzle",
  ])("explains %j within 80 columns", async (path) => {
    expect(await run([...path.split(" "), "--help"])).toBe(0);
    expect(output.stdout).toContain(`Usage: loggregator ${path}`);
    for (const line of output.stdout.split("\n")) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  test.each([
    ["help emit log", "emit log"],
    ["emit help log", "emit log"],
    ["help tail", "tail"],
    ["emit help", "emit"],
    ["help", "[options]"],
  ])("%j explains %j", async (args, path) => {
    expect(await run(args.split(" "))).toBe(0);
    expect(output.stdout).toContain(`Usage: loggregator ${path}`);
  });

  test("is printed on standard error, with exit code 2, if there is no command", async () => {
    expect(await run([])).toBe(2);
    expect(output.stdout).toBe("");
    expect(output.stderr).toContain("Usage: loggregator");
  });
});

describe("usage errors end with exit code 2 and one helpful line", () => {
  const nowhere = ["--gateway", "http://127.0.0.1:9"];

  test.each([
    [["tial"], "unknown command 'tial' (Did you mean tail?); see"],
    [["help", "foo"], "unknown command 'foo'; see \"loggregator --help\""],
    [["help", "nozzl"], "unknown command 'nozzl' (Did you mean nozzle?); see"],
    [["emit", "help", "foo"], "unknown command 'foo'; see \"loggregator emit --help\""],
    [["help", "emit", "cuonter"], '(Did you mean counter?); see "loggregator emit --help"'],
    [["foo", "--help"], "unknown command 'foo'; see"],
    [["emulate", "--speed", "2"], "--speed has no effect without --replay; pass --replay, or"],
    [["emulate", "--timestamps", "shifted"], "--timestamps has no effect without --replay"],
    [["emulate", "--replay", "x", "--speed", "0"], "--speed must be a number greater than 0"],
    [["emulate", "--replay", "x", "--timestamps", "now"], "must be one of shifted, recorded, got"],
    [["emulate", "--rate", "5"], "--rate has no effect without --scenario"],
    [["emulate", "--seed", "5"], "--seed has no effect without --scenario"],
    [["emulate", "--scenario", "--seed", "-1"], "--seed must be an integer from 0 to 4294967295"],
    [["emulate", "--scenario", "--apps", "5000"], "--apps must be an integer up to 1000, got 5000"],
    [["emulate", "--scenario", "--rate", "1e9"], "--rate must be a number of envelopes per second"],
    [["emulate", "--cert", "x"], "--cert needs --ca and --key; pass all of them or none"],
    [["emulate", "--ca", "x", "--cert", "x"], "--ca and --cert need --key; pass all of them"],
    [["emulate", "--client-cert", "x"], "--client-cert has no effect without --cert"],
    [["emulate", "--bind", "0.0.0.0:80"], "--bind must be a host name or IP address, without a"],
    [["emulate", "--advertise", "a b"], "--advertise must be a host name or IP address"],
    [["emulate", "--allow-host", "http://x"], "--allow-host must be a host name or IP address"],
    [["emulate", "--api", "nowhere"], '--api must be "host:port"'],
    [["emulate", "--record", ""], "--record must be a non-empty string"],
    [["completion"], "missing required argument 'shell'; see"],
    [["completion", "pwsh"], 'the shell must be one of bash, zsh, fish, got "pwsh"; see'],
    [["tail", "--nope"], "unknown option '--nope'; see \"loggregator tail --help\""],
    [["tail", "--gatway", "x"], "(Did you mean --gateway?)"],
    // No similar option exists: a wrong suggestion is worse than none.
    [["tail", "--where", "x"], "unknown option '--where'; see"],
    [["tail", "--count"], "option '--count <n>' argument missing; see"],
    [
      ["tail", "--type", "lgo"],
      '--type must be one of log, counter, gauge, timer, event, got "lgo"',
    ],
    [["tail", "--type", "log,"], '--type must be one of log, counter, gauge, timer, event, got ""'],
    ...["none", "0", "-1", "1.5", "1e3", "", " ", "9007199254740993", "9".repeat(1000)].map(
      (count) => [["tail", "--count", count], "--count must be a positive integer, got"] as const,
    ),
    [["tail"], "pass --gateway, --egress or --log-cache-url"],
    [["tail", ...nowhere, "--egress", "x:1"], "remove one of them"],
    [["tail", "--gateway", "log-stream.example.com"], "--gateway must be a URL such as https://"],
    [["tail", "--gateway", "ftp://log-stream.example.com"], "--gateway must be a URL such as"],
    [["tail", "--gateway", "https://"], "--gateway must be a URL such as"],
    [["tail", "--gateway", ""], "--gateway must be a URL such as https://"],
    [["tail", "--gateway", "http://me:geheim@127.0.0.1:9"], "--gateway must be a URL without"],
    [["tail", "--gateway", "me:geheim@127.0.0.1:9"], 'with "@"'],
    [["tail", ...nowhere, "--send-token-to", "https://me:geheim@x"], 'with "@"'],
    [["tail", "--egress", "127.0.0.1:1"], "no --ca, no --cert, no --key"],
    [["tail", ...nowhere, "--name", "cpu", "--type", "log"], "--type log has no name"],
    [["tail", ...nowhere, "--name", ""], '--name must be a name, got ""'],
    [["tail", ...nowhere, "--source-id", " "], '--source-id must be an id, got " "'],
    ...["(", "[", "*", "a{2,1}", "\\"].flatMap((regex) =>
      ["--grep", "--exclude", "--highlight"].map(
        (flag) =>
          [["tail", ...nowhere, flag, regex], `${flag} must be a regular expression, got`] as const,
      ),
    ),
    [["tail", ...nowhere, "--grep"], "argument missing"],
    [["tail", ...nowhere, "--token", "x", "("], "the name of an app must be a regular expression"],
    [["tail", ...nowhere, "--level", "loud"], "--level must be one of trace, debug, info, warn,"],
    ...["soon", "", "-5m", "25:00"].flatMap((time) =>
      ["--since", "--until"].map(
        (flag) =>
          [["tail", ...nowhere, `${flag}=${time}`], `${flag} must be a time such as`] as const,
      ),
    ),
    [["tail", ...nowhere, "--since", "1h"], "--since reads from log-cache and cannot be combined"],
    [["tail", "-n", "5", "-f", ...nowhere], "--recent reads from log-cache and cannot be"],
    [["tail", "--until", "1h"], "--until is in the past; pass --since or --recent as well"],
    [["tail", "--since", "1h", "--until", "2h"], "--since must be before --until"],
    [["tail", "--follow"], "--follow continues after --recent"],
    [["tail", "x", "-n", "3", "--count", "2"], "--recent has a number of its own; remove --count"],
    [
      ["tail", "x", "--since", "2h", "--until", "1h", "--count", "2"],
      "--until is in the past; pass the number with --recent",
    ],
    [
      ["query", "1", "--start", "1700000000", "--end", "1600000000"],
      "--start must be before --end",
    ],
    [["query", "1", "--start", "2100-01-01T00:00:00Z"], "--start must not be in the future"],
    [["tail", "--recent", "x"], "--recent must be a positive integer"],
    [
      ["tail", ...nowhere, "--filter", "leve:error"],
      "--filter: unknown leve:, did you mean level:",
    ],
    [["tail", ...nowhere, "--filter", '"open'], "--filter: a quoted text must end with"],
    [["tail", "--output", "xml"], "--output must be one of text, json, jsonl, template, got"],
    [["tail", "--json", "--output", "jsonl"], "--json and --output jsonl cannot be combined"],
    [["tail", "--output", "template"], "--output template needs a template, such as"],
    [["tail", "--template", "{x}", "--output", "text"], "--template needs --output template"],
    [["tail", "--template", "{sorce}"], "unknown placeholder {sorce}; did you mean {source}?"],
    [["tail", "--template", ""], "--template must be a template such as"],
    [["tail", "--fields", "a", "--json"], "--fields applies to text output, not to json"],
    ...[["--tags"], ["--time", "utc"], ["--color", "always"], ["--highlight", "x"]].map(
      (option) =>
        [
          ["tail", "-o", "jsonl", ...option],
          `${option[0]} applies to text output, not to jsonl`,
        ] as const,
    ),
    [["tail", "--json", "--json-logs", "raw"], "--json-logs applies to text output, not to json"],
    [["tail", "--template", "{text}", "--tags"], "--tags applies to text output, not to template"],
    [["tail", "--template", "{text}", "--time", "utc"], "--time has no effect on a template"],
    [["tail", "--fields", "a", "--json-logs", "raw"], "--fields and --json-logs cannot be"],
    [["tail", ...nowhere, "-i"], "--ignore-case has no effect without a regular expression"],
    [["tail", ...nowhere, "--cert", "x"], "--cert has no effect with --gateway; remove it"],
    [["tail", "x", "-n", "5", "--cert", "x"], "--cert has no effect with --recent; remove it"],
    [["top", "--egress", "127.0.0.1:1", "--token", "x"], "--token has no effect with --egress"],
    [["ui", "--log-cache", "x", "--shard-id", "x"], "--shard-id has no effect with --log-cache"],
    [["emit", "log", "--v1", "--acknowledged", "x"], "--acknowledged has no effect with --v1"],
    [["emit", "counter", "--v1", "--ca", "x", "y"], "--ca has no effect with --v1"],
    [["emit", "log", "--origin", "x", "y"], "--origin has no effect without --v1"],
    [["meta", "--no-rate", "--interval", "3"], "--interval has no effect with --no-rate"],
    [["tail", "--fields", "a,,b"], "--fields must be names with commas between them"],
    [["tail", "--json-logs", "x"], "--json-logs must be one of line, pretty, raw, got"],
    [["recent", "--level", "loud", "x"], "--level must be one of"],
    [["top", "--sort", "size"], "--sort must be one of rate, logs, cpu,"],
    [["tail", ...nowhere, "--instance", ""], '--instance must be an instance id, got ""'],
    [["tail", ...nowhere, "--tag", "x"], "--tag must be NAME=VALUE"],
    [
      ["tail", ...nowhere, "--time", "now"],
      "--time must be one of local, utc, relative, none, got",
    ],
    [["tail", ...nowhere, "--color", "yes"], "--color must be one of auto, always, never, got"],
    [["tail", ...nowhere, "--shard-id", ""], '--shard-id must be an id, got ""'],
    [["tail", ...nowhere, "--token", "geheimniß"], "got text of length 9 with others"],
    [["tail", ...nowhere, "--token", "two\nlines"], "got text of length 9 with others"],
    [["tail", ...nowhere, "--token", "bearer "], "--token must be a token, got none"],
    [["tail", ...nowhere, "--token", "Bearer"], "--token must be a token, got none"],
    [["tail", ...nowhere, "--token", "bearer two words"], "with others among them"],
    [["tail", ...nowhere, "--send-token-to", "https://x.example"], "must be a host name, without"],
    [["tail", ...nowhere, "--send-token-to", "x.example:443"], "must be a host name, without"],
    [["tail", ...nowhere, "--send-token-to", ""], "must be a host name, without"],
    ...["0", "-1", "1e9", "Infinity", "NaN", "soon", ""].map(
      (seconds) =>
        [
          ["top", "--interval", seconds],
          "must be a number of seconds from 0.001 to 2000000",
        ] as const,
    ),
    [["top", "--count", "x"], "--count must be a positive integer"],
    ...["x", "0", "-1", "Infinity", "NaN", ""].map(
      (rate) =>
        [
          ["emit", "log", "--rate", rate, "hello"],
          "--rate must be a number greater than 0",
        ] as const,
    ),
    [["emit", "log", "--rate", "x", "hello"], 'see "loggregator emit log --help"'],
    [["emit", "log", "--tag", "x", "hello"], "--tag must be NAME=VALUE"],
    [["emit", "log", "--tag", "=x", "hello"], "--tag must be NAME=VALUE"],
    [["emit", "log", "--tag", "", "hello"], "--tag must be NAME=VALUE"],
    [["emit", "log", "--source-id", "", "hello"], "--source-id must be an id"],
    [["emit", "log", "--instance-id", "", "hello"], "--instance-id must be an id"],
    [["emit", "log", "--source-type", "", "hello"], "--source-type must be a type"],
    [
      ["emit", "log", "--stream", "stdin", "hello"],
      '--stream must be one of stdout, stderr, got "stdin"',
    ],
    [["emit", "log", "hello"], "no --ca, no --cert, no --key"],
    [["emit", "nonsense"], "unknown command 'nonsense'"],
    [["emit", "cuonter", "x"], "(Did you mean counter?)"],
    [["emit", "counter", "a", "1", "2"], "too many arguments"],
    [["emit", "counter", "--v1", "requests", "many"], "expected NAME or NAME NUMBER"],
    [["emit", "counter", "--v1", "requests", String(2n ** 64n)], "a number up to 1844674407"],
    [["emit", "gauge", "--v1", "cpu"], "expected NAME=VALUE"],
    [["emit", "timer", "--v1", "http", "23ms"], "remove --v1"],
    [["emit", "event", "--v1", "deploy"], "remove --v1"],
    ...["nowhere", "", ":", "host:", "host:x", "host:99999", "[::1]", "a b:1", "http://h:1"].map(
      (address) => [["emit", "log", "--v1", "--v1-address", address, "x"], "--v1-address"] as const,
    ),
    [["emit", "log", "--v1", "--origin", "", "x"], "--origin"],
    ...["--ingress", "--egress", "--gateway", "--gateway-https", "--v1"].flatMap((flag) =>
      ["nowhere", "", "host:99999", "http://127.0.0.1:1"].map(
        (address) => [["emulate", flag, address], flag] as const,
      ),
    ),
    [["emulate", "--stream-timeout", "1e9"], "--stream-timeout must be a number of seconds"],
    [["emulate", "--heartbeat", "-1"], "--heartbeat must be a number of seconds"],
    [["emulate", "--buffer-size", "0"], "--buffer-size must be a positive integer"],
    [["emulate", "--ui-port", "-1"], "--ui-port must be a port from 0 to 65535"],
    [["emulate", "--ui-port", "http"], "--ui-port must be a port from 0 to 65535"],
    [["emulate", "--token", ""], "--token must be visible ASCII characters"],
    [["emulate", "--token", "it's"], "--token must be visible ASCII characters"],
    [["emulate", "--token", "mine:my-app,"], "--token must be visible ASCII characters"],
    [["emulate", "--env", ""], '--env must be the path of a file, got ""'],
    [["emulate", "--env", "/nowhere/at/all.env"], "--env must be in a folder that exists"],
    [["emulate", "--env", "/dev/null"], "--env"],
    [["emulate", "now"], "too many arguments"],
  ] as const)("%j", async (args, part) => {
    expect(await run(args)).toBe(2);
    expect(output.stdout).toBe("");
    expect(output.stderr).toContain(part);
    expect(output.stderr).toMatch(/^loggregator: [^\n]+\n$/);
    expect(output.stderr).not.toMatch(/geheim|two\b/);
    expect(output.stderr.length).toBeLessThan(500);
  });
});

test("leaves the state of the process unchanged", async () => {
  const count = () =>
    ["SIGINT", "SIGTERM", "SIGHUP"]
      .map((name) => process.listenerCount(name))
      .concat(process.stdout.listenerCount("error"));
  const before = count();
  await run(["tail"]);
  await run(["--version"]);
  expect(count()).toEqual(before);
});

test.each([
  ["tail", "LOGGREGATOR_GATEWAY_URL", "http://127.0.0.1:9", "--cert"],
  ["top", "LOGGREGATOR_GATEWAY_URL", "http://127.0.0.1:9", "--key"],
  ["ui", "LOGGREGATOR_EGRESS_ADDRESS", "127.0.0.1:9", "--token"],
  ["tail", "LOGGREGATOR_LOG_CACHE_URL", "http://127.0.0.1:9", "--shard-id"],
])("%s refuses options of other servers than the one of %s", async (command, name, value, flag) => {
  for (const other of ["EGRESS_ADDRESS", "GATEWAY_URL", "LOG_CACHE_URL"]) {
    vi.stubEnv(`LOGGREGATOR_${other}`, "");
  }
  vi.stubEnv(name, value);
  expect(await run([command, flag, "x"])).toBe(2);
  expect(output.stderr).toContain(
    `${flag} has no effect with ${name}, which names the server; leave it out, or give the server as an option`,
  );
});

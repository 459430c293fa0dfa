// Built, as workers are programs of their own.
import { run } from "loggregator";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

let stderr = "";

beforeEach(() => {
  stderr = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  for (const name of Object.keys(process.env)) {
    if (/^(?:LOGGREGATOR|NOZZLE)_|^(?:CF_TOKEN|PORT)$/.test(name)) {
      vi.stubEnv(name, undefined);
    }
  }
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const source = ["--gateway", "http://127.0.0.1:9", "--token", "x"];
const stdout = ["--to", "stdout"];
const otlp = ["--to", "otlp://127.0.0.1:9"];
const drain = ["--to", "syslog://127.0.0.1:9"];
const tlsDrain = ["--to", "syslog-tls://127.0.0.1:9"];
const prometheus = ["--to", "prometheus://127.0.0.1:0"];
const notStdout = (flag: string, value: string) =>
  [[...source, ...stdout, flag, value], `${flag} has no effect with stdout`] as const;

test.each([
  [[], "--to or NOZZLE_TO must name a destination"],
  [["--to", ""], "--to or NOZZLE_TO must name a destination"],
  [["--to", "ftp://me:geheim@host"], "--to must be stdout, or a URL with one of the schemes"],
  [["--to", "otlp://me:geheim@host"], "without user, password and query for OTLP"],
  [["--to", "prometheus://host"], "--to must be prometheus://host:port"],
  [stdout, "pass --gateway, --egress or --log-cache-url"],
  [[...stdout, "--log-cache"], "unknown option '--log-cache'"],
  [[...source, ...stdout, "--egress", "x:1"], "remove one of them"],
  [[...stdout, "--gateway", "nowhere"], "--gateway must be a URL such as"],
  [[...stdout, "--gateway", "http://me:geheim@x"], "--gateway must be a URL without"],
  [[...stdout, "--egress", "127.0.0.1:1"], "no --ca, no --cert, no --key"],
  [[...source, ...stdout, "("], "the name of an app must be a regular expression"],
  [[...source, ...stdout, "--grep", "("], "--grep must be a regular expression"],
  [[...source, ...stdout, "--name", "cpu", "--type", "log"], "--type log has no name"],
  [[...source, ...stdout, "--space", "x"], "has no effect without --app"],
  [[...source, ...stdout, "--shard-id", ""], "--shard-id must be an id"],
  notStdout("--to-ca", "x"),
  notStdout("--to-cert", "x"),
  notStdout("--to-key", "x"),
  notStdout("--to-server-name", "x"),
  notStdout("--max-attempts", "1"),
  notStdout("--header", "a=geheim"),
  notStdout("--otlp-mode", "cf"),
  notStdout("--bearer", "geheim"),
  notStdout("--label", "x"),
  notStdout("--metric-prefix", "x"),
  notStdout("--max-series", "1"),
  notStdout("--expire", "1"),
  [[...source, ...stdout, "--gzip"], "--gzip has no effect with stdout"],
  [
    [...source, ...otlp, "--otlp-resource-attributes"],
    "--otlp-resource-attributes needs --otlp-mode receiver",
  ],
  [[...source, ...stdout, "--workers", "2"], "must be 1 with stdout, got 2: lines of several"],
  [
    [...source, ...prometheus, "--workers", "2"],
    "--workers must be 1 with prometheus://127.0.0.1:0, got 2: a scrape needs all series in one",
  ],
  [[...source, ...prometheus, "--type", "log"], "--type must be counter or gauge"],
  [[...source, ...drain, "--bearer", "geheim"], "--bearer is for drains over HTTP"],
  [[...source, "--to", "https://127.0.0.1:9", "--bearer", "gehe im"], "--bearer must be a token"],
  [[...source, ...tlsDrain, "--to-cert", "x"], "--to-cert and --to-key must be used together"],
  [[...source, ...tlsDrain, "--to-ca", "/nowhere"], "--to-ca: cannot read the file"],
  [
    [...source, ...otlp, "--to-ca", "x"],
    "--to-ca has no effect with otlp://127.0.0.1:9, which does not use TLS",
  ],
  [[...source, "--to", "otlps-grpc://x", "--to-ca", "/no"], "--to-ca: cannot read the file"],
  [[...source, ...otlp, "--header", "geheim"], "--header must be NAME=VALUE"],
  [[...source, ...otlp, "--header", "a b=geheim"], "--header must be valid header names"],
  [[...source, ...otlp, "--otlp-mode", "x"], "--otlp-mode must be one of semconv, cf, receiver"],
  [[...source, ...otlp, "--max-attempts", "0"], "--max-attempts must be a positive integer"],
  [[...source, ...prometheus, "--max-series", "x"], "--max-series must be a positive integer"],
  [[...source, ...prometheus, "--expire", "0"], "--expire must be a number of seconds"],
  [[...source, ...prometheus, "--label", ""], "--label must be a tag"],
  [[...source, ...stdout, "--workers", "0"], "--workers must be a positive integer"],
  [[...source, ...otlp, "--workers", "65"], "--workers must be at most 64"],
  [[...source, ...stdout, "--buffer", "0"], "--buffer must be a positive integer"],
  [[...source, ...stdout, "--buffer-bytes", "1e9"], "--buffer-bytes must be a positive integer"],
  [[...source, ...stdout, "--when-full", "x"], "--when-full must be one of drop-oldest, stop-"],
  [[...source, ...stdout, "--grace", "0"], "--grace must be a number of seconds"],
  [[...source, ...stdout, "--health", "8080"], "--health must be host:port"],
  [[...source, ...stdout, "--uaa", "http://x"], "--uaa requires --client-id"],
  [[...source, ...stdout, "--client-id", "x"], "--client-id and --token cannot be combined"],
  [[...stdout, "--client-id", "x"], "--client-id needs its secret in the variable"],
  [[...stdout, "--client-id", ""], "--client-id must be an id"],
] as const)("%j ends with exit code 2 and one helpful line", async (args, part) => {
  expect(await run(["nozzle", ...args])).toBe(2);
  expect(stderr).toContain(part);
  expect(stderr).toMatch(/^loggregator: [^\n]+\n$/);
  expect(stderr).not.toMatch(/geheim|gehe im/);
});

test.each([
  [{ NOZZLE_TO: "stdout", NOZZLE_WORKERS: "x" }, "NOZZLE_WORKERS: --workers must be a positive"],
  [{ NOZZLE_TO: "stdout", NOZZLE_LABEL: "a" }, "--label has no effect with stdout"],
  [
    { NOZZLE_TO: "stdout", NOZZLE_CLIENT_ID: "x", NOZZLE_CLIENT_SECRET: "geheim" },
    "--client-id needs a UAA; pass --uaa or --api",
  ],
  [{ NOZZLE_TO: "otlp://x", NOZZLE_HEADER: "geheim" }, "NOZZLE_HEADER: --header must be NAME="],
])("%j ends with exit code 2 and one helpful line", async (variables, part) => {
  vi.stubEnv("CF_HOME", "/nowhere");
  for (const [name, value] of Object.entries(variables)) {
    vi.stubEnv(name, value);
  }
  expect(await run(["nozzle"])).toBe(2);
  expect(stderr).toContain(part);
  expect(stderr).not.toContain("geheim");
});

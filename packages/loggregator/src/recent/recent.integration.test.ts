import { afterAll, describe, expect, test } from "vitest";
import { captureOutput } from "../../testing/capturedOutput.js";
import { app, startFoundation, worker } from "../../testing/foundation.js";
import { loggregator } from "../../testing/loggregator.js";
import { run } from "../run.js";

const foundation = await startFoundation();
const { emulated, emulator, loggedIn } = foundation;

afterAll(() => foundation[Symbol.asyncDispose]());

describe("recent", () => {
  test("prints the newest logs, oldest first, and the address of log-cache", async () => {
    const args = ["recent", app, "--count", "3", "--time", "none"];
    const { code, stdout, stderr } = await loggregator(args, { env: emulated });
    expect(stdout.split("\n").map((line) => line.replace(/.*(line \d+)$/, "$1"))).toEqual([
      "line 18",
      "line 19",
      "line 20",
      "",
    ]);
    expect(stderr).toBe(`loggregator: reading from log-cache ${emulator.logCache.url}\n`);
    expect(code).toBe(0);
  });

  test("merges sources, and escapes control characters", async () => {
    const args = ["recent", app, "-s", worker, "--count", "2", "--time", "none"];
    const { stdout } = await loggregator(args, { env: emulated });
    expect(stdout).toMatch(/work.*\n.*line 20\n$/);
    expect(stdout).not.toContain("\x1b");
  });

  test("selects types, names and text, and prints JSON", async () => {
    const ofType = ["recent", app, "--name", "cpu", "--count", "2", "--json"];
    const gauges = await loggregator(ofType, { env: emulated });
    const lines = gauges.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ gauge }) => gauge.metrics.cpu.value)).toEqual([10, 20]);
    const ofText = ["recent", app, "--grep", "1$", "--time", "none"];
    const { stdout } = await loggregator(ofText, { env: emulated });
    expect(stdout.match(/line \d+/g)).toEqual(["line 1", "line 11"]);
  });

  test("selects by time, by level, and by a regular expression for sources", async () => {
    const { stdout } = await loggregator(
      ["recent", "0c6f.*", "--since", "17", "--until", "20", "--template", "{text}"],
      { env: emulated },
    );
    expect(stdout).toBe("line 17\nline 18\nline 19\n");
    const leveled = ["recent", app, "--level", "error"];
    expect((await loggregator(leveled, { env: emulated })).stdout).toBe("");
  });

  test("is also tail --recent", async () => {
    const args = ["tail", "--recent", "1", "--source-id", app, "--type", "log", "--time", "none"];
    const { code, stdout } = await loggregator(args, { env: emulated });
    expect(stdout).toMatch(/^\S+ .*line 20\n$/);
    expect(code).toBe(0);
  });

  test.each([
    [
      ["--recent", "2"],
      [/GAUGE +cpu +20 %$/, /COUNTER +requests +\+10, 30 in total$/],
    ],
    [
      ["--since", "1015", "--until", "1025"],
      [/GAUGE +cpu +20 %$/, /COUNTER +requests/],
    ],
    [["--recent", "1", "--name", "cpu"], [/GAUGE +cpu +20 %$/]],
  ])("tail %j prints all types", async (options, patterns) => {
    const output = captureOutput();
    const cache = ["--log-cache-url", emulator.logCache.url, "--token", "good"];
    expect(await run(["tail", "-s", app, "--time", "none", ...cache, ...options])).toBe(0);
    expect(output.stdout.trimEnd().split("\n")).toEqual(
      patterns.map((pattern) => expect.stringMatching(pattern)),
    );
  });

  test("highlights the text of several expressions", async () => {
    const output = captureOutput();
    const cache = ["--log-cache-url", emulator.logCache.url, "--token", "good"];
    const highlight = ["--highlight", "LI", "--highlight", "\\d+", "-i", "--color", "always"];
    expect(await run(["recent", app, ...cache, "-n", "1", ...highlight])).toBe(0);
    expect(output.stdout).toContain("\x1b[7mli\x1b[27mne \x1b[7m20\x1b[27m");
  });

  test("reports that there are no envelopes", async () => {
    const { code, stdout, stderr } = await loggregator(["recent", "unknown"], { env: emulated });
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain("has no matching envelopes");
  });

  test.each([
    ["3", "none of the newest 3 envelopes match the filters; increase -n"],
    ["30", "none of the newest 20 envelopes match the filters"],
  ])("reports that none of %s envelopes match the filters", async (count, message) => {
    const output = captureOutput();
    const cache = ["--log-cache-url", emulator.logCache.url, "--token", "good"];
    expect(await run(["recent", app, ...cache, "-n", count, "--level", "error"])).toBe(0);
    expect(output).toEqual({ stdout: "", stderr: `loggregator: ${message}\n` });
  });

  test("explains a refusal in one line", async () => {
    const env = { ...emulated, CF_TOKEN: "wrong" };
    const args = ["recent", app, "--log-cache-url", emulator.logCache.url];
    const { code, stderr } = await loggregator(args, { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^loggregator: .*token.*\n$/);
  });
});

describe("apps by name", () => {
  test("are found in the space that cf targets; log-cache is found too", async () => {
    const args = ["recent", "checkout", "--count", "1", "--time", "none"];
    const { stdout, stderr, code } = await loggregator(args, { env: loggedIn });
    expect(stderr).toBe(`loggregator: reading from log-cache ${emulator.logCache.url}\n`);
    expect(stdout).toMatch(/line 20\n$/);
    expect(code).toBe(0);
  });

  test("are found in --space and --org, in every command", async () => {
    const where = ["--app", "checkout", "--space", "prod", "--org", "shop"];
    const recent = await loggregator(["recent", ...where, "--count", "1"], { env: loggedIn });
    expect(recent.stdout).toMatch(/line 20\n$/);
    const query = ["query", "cpu", ...where, "--time", "1015"];
    expect((await loggregator(query, { env: loggedIn })).stdout).toBe(`{source_id="${app}"}  10\n`);
    const meta = await loggregator(["meta", ...where, "--no-rate"], { env: loggedIn });
    expect(meta.stdout).toMatch(/^checkout +prod +shop +/m);
  });

  test.for([
    [["recent", "--app", "nope"], 'there is no app named "nope"'],
    [["recent", "--app", "twice"], 'there are 2 apps named "twice"'],
    [["recent", "--app", "checkout", "--org", "nope"], "check --app, --space and --org"],
    [["recent", "--app", "checkout", "--org", "shop"], "shop/prod, shop/test"],
    [["recent", "--app", "checkout", "--token", "other"], "cf login"],
    [["recent", "--app", "checkout", "--api", "http://127.0.0.1:1"], "check --api"],
  ] as const)("%j fails with one line", async ([args, message]) => {
    const ended = await loggregator([...args], { env: loggedIn });
    expect(ended.stderr).toContain(message);
    expect(ended.stderr.split("\n")).toHaveLength(2);
    expect(ended.code).toBe(1);
  });
});

import { logEnvelope } from "@loggregator/api";
import { afterAll, describe, expect, test } from "vitest";
import { app, startFoundation, worker } from "../testing/foundation.js";
import { Loggregator, loggregator } from "../testing/loggregator.js";

const foundation = await startFoundation();
const { emulated, emulator, loggedIn } = foundation;

afterAll(() => foundation[Symbol.asyncDispose]());

describe("query", () => {
  const query = (...args: string[]) => loggregator(["query", ...args], { env: emulated });

  test("prints scalars, vectors and matrices", async () => {
    // The auth proxy refuses queries without a source.
    const gateway = ["--log-cache-url", emulator.logCache.gatewayUrl];
    expect((await query("1 + 1", ...gateway)).stdout).toBe("2\n");
    const selector = `requests{source_id="${app}"}`;
    expect((await query(selector, "--time", "1970-01-01T00:17:05Z")).stdout).toBe(
      `{source_id="${app}"}  30\n`,
    );
    const range = ["--start", "1000", "--end", "1020", "--step", "10s"];
    expect((await query(selector, ...range)).stdout).toBe(
      [
        `{source_id="${app}"}`,
        "  1970-01-01T00:16:40.000Z  10",
        "  1970-01-01T00:16:50.000Z  20",
        "  1970-01-01T00:17:00.000Z  20",
        "",
      ].join("\n"),
    );
    const json = await query(selector, "--time", "1025", "--json");
    expect(JSON.parse(json.stdout)).toEqual({
      resultType: "vector",
      result: [{ metric: { source_id: app }, value: [1025, "30"] }],
    });
  });

  test.for([
    [["1", "--end", "5"], 2, "--end requires --start"],
    [["1", "--start", "5", "--time", "5"], 2, "--time and --start cannot be combined"],
    [["1", "--time", "noon"], 2, "--time must be a time such as"],
    [["1", "--start", "0", "--end", "1000000", "--step", "1s"], 2, "--step must be large enough"],
    [["cpu", "--app", "checkout"], 2, "--app needs the API of Cloud Foundry"],
    [["cpu{", "--token", "good"], 1, "unexpected end of input inside braces"],
    [[""], 2, "must be a PromQL expression"],
  ] as const)("%j fails with one helpful line", async ([args, code, message]) => {
    const ended = await query(...args);
    expect(ended.stderr).toContain(message);
    expect(ended.code).toBe(code);
  });
});

describe("meta", () => {
  test("lists sources with their rates, the busiest first", async () => {
    const command = new Loggregator(["meta", "--interval", "0.5"], { env: emulated });
    await command.until(({ stderr }) => stderr.includes("reading from log-cache"));
    const timer = setInterval(() => {
      emulator.emit(logEnvelope("x", { sourceId: "busy" }));
    }, 1);
    const { stdout, code } = await command.ended();
    clearInterval(timer);
    const [head, first] = stdout.split("\n");
    expect(head).toMatch(/^SOURCE +STORED +EXPIRED +OLDEST +NEWEST +PER MINUTE$/);
    expect(first).toMatch(/^busy +[\d,]+ +0 +\S+Z +\S+Z +[\d,]+(?:\.\d)?$/);
    expect(stdout).toContain(worker);
    expect(code).toBe(0);
  });

  test("prints the names of apps, or with --guid their source ids", async () => {
    const args = ["meta", "--no-rate", "--token", "mine"];
    const { stdout, stderr, code } = await loggregator(args, { env: loggedIn });
    const [head, ...lines] = stdout.split("\n");
    expect(head).toMatch(/^SOURCE +SPACE +ORG +STORED /);
    expect(lines).toEqual([expect.stringMatching(/^checkout {2}prod {3}shop {3,}\d+ /), ""]);
    expect(stderr).toBe(`loggregator: reading from log-cache ${emulator.logCache.url}\n`);
    expect(code).toBe(0);
    const guid = await loggregator([...args, "--guid"], { env: loggedIn });
    expect(guid.stdout).toMatch(/^SOURCE +STORED /);
    expect(guid.stdout).toContain(app);
    const json = await loggregator([...args, "--json"], { env: loggedIn });
    expect(JSON.parse(json.stdout)).toMatchObject({
      source_id: app,
      app: "checkout",
      space: "prod",
      org: "shop",
    });
  });

  test("prints source ids if names cannot be looked up", async () => {
    const args = ["meta", "--no-rate", "--token", "good", "--send-token-to", "127.0.0.1"];
    const { stdout, stderr, code } = await loggregator(args, { env: loggedIn });
    expect(stdout).toContain(worker);
    expect(stderr).toContain("cannot look up the names of apps: ");
    expect(code).toBe(0);
  });

  test("prints JSON, of named sources", async () => {
    const args = ["meta", worker, "--no-rate", "--json"];
    const { stdout } = await loggregator(args, { env: emulated });
    expect(JSON.parse(stdout)).toEqual({
      source_id: worker,
      count: 1,
      expired: 0,
      oldest_timestamp: "19000000005",
      newest_timestamp: "19000000005",
    });
  });
});

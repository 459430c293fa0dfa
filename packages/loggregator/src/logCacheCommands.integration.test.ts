import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { counterEnvelope, gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { listen, type TestServer } from "@loggregator/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Loggregator, loggregator } from "../testing/loggregator.js";

const app = "0c6f8a3e-5cde-4b5e-9a30-3f3c3d6a8f10";
const worker = "7a1d0c55-0f0b-4a44-8a55-0d8f4d8c1a11";
const s = 1_000_000_000n;

let emulator: Emulator;
let cloudController: TestServer;
let home: string;
/** The environment of a user who is logged in with cf. */
let loggedIn: Record<string, string>;
/** Whether the foundation has a gateway. */
let hasGateway = false;
/** That of `loggregator emulate --env`. */
let emulated: Record<string, string>;

beforeAll(async () => {
  emulator = await startEmulator({ gateway: { tokens: { good: "all", mine: [app] } } });
  cloudController = await listen(createCloudController());
  home = await mkdtemp(join(tmpdir(), "loggregator-home-"));
  await mkdir(join(home, ".cf"));
  await writeFile(
    join(home, ".cf", "config.json"),
    JSON.stringify({
      Target: `http://${cloudController.address}`,
      SpaceFields: { Name: "prod" },
      OrganizationFields: { Name: "shop" },
    }),
  );
  loggedIn = { CF_HOME: home, CF_TOKEN: "mine" };
  emulated = { LOGGREGATOR_LOG_CACHE_URL: emulator.logCache.url, CF_TOKEN: "good" };
  for (let i = 1; i <= 20; i += 1) {
    emulator.emit(
      logEnvelope(`line ${i}`, { sourceId: app, instanceId: "0", timestamp: BigInt(i) * s }),
    );
  }
  const at = (seconds: number) => ({ sourceId: app, timestamp: (1000n + BigInt(seconds)) * s });
  emulator.emit(logEnvelope("work\x1b[31m", { sourceId: worker, timestamp: 19n * s + 5n }));
  for (const seconds of [0, 10, 20]) {
    emulator.emit(gaugeEnvelope({ cpu: { value: seconds, unit: "%" } }, at(seconds)));
    emulator.emit(counterEnvelope("requests", { ...at(seconds), delta: 10 }));
  }
});

afterAll(async () => {
  await emulator.close();
  await cloudController[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

/** The API of a foundation: `checkout` is in two spaces, `twice` two times in one. */
function createCloudController() {
  const named = (guid: string, name: string, relationships = {}) => ({ guid, name, relationships });
  const inSpace = (guid: string, name: string, space: string) =>
    named(guid, name, { space: { data: { guid: space } } });
  const apps = [
    inSpace(app, "checkout", "space-1"),
    inSpace(worker, "checkout", "space-2"),
    inSpace(app, "twice", "space-1"),
    inSpace(worker, "twice", "space-1"),
  ];
  const org = { organization: { data: { guid: "org-1" } } };
  const included = {
    spaces: [named("space-1", "prod", org), named("space-2", "test", org)],
    organizations: [named("org-1", "shop")],
  };
  return createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://api");
    const answer = (body: object, status = 200) => {
      response.statusCode = status;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    };
    if (url.pathname === "/") {
      const links = {
        log_cache: { href: emulator.logCache.url },
        uaa: { href: "http://uaa" },
        ...(hasGateway && { log_stream: { href: emulator.gateway.url } }),
      };
      return answer({ links });
    }
    if (!/^bearer mine$/i.test(request.headers.authorization ?? "")) {
      return answer({ errors: [{ code: 1000, title: "CF-InvalidAuthToken", detail: "no" }] }, 401);
    }
    const guids = url.searchParams.get("guids")?.split(",");
    const resources = apps.filter(({ name, guid }, i) =>
      guids === undefined ? name === url.searchParams.get("names") : guids.includes(guid) && i < 2,
    );
    return answer({ pagination: { total_pages: 1 }, resources, included });
  });
}

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

  test("reports that there are no envelopes", async () => {
    const { code, stdout, stderr } = await loggregator(["recent", "unknown"], { env: emulated });
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain("has no such envelopes");
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
    [["recent", "--app", "nope"], 'there is no app "nope"'],
    [["recent", "--app", "twice"], 'there are 2 apps "twice"'],
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

describe("tail", () => {
  test("reads an app by its name from the gateway, with the token of its user", async () => {
    hasGateway = true;
    const args = ["tail", "checkout", "--time", "none", "--count", "1"];
    await using command = new Loggregator(args, { env: loggedIn });
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    hasGateway = false;
    const options = { instanceId: "2", stream: "stdout" } as const;
    emulator.emit(logEnvelope("not ours", { ...options, sourceId: "other" }));
    emulator.emit(logEnvelope("hello", { ...options, sourceId: app }));
    // The name is that of the API, as the envelope has no tags.
    expect(await command.ended()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^checkout\/2 \(prod\) +LOG +hello\n$/),
    });
  });

  test("continues after recent envelopes, also of an app by its tags", async () => {
    const time = BigInt(Date.now()) * 1_000_000n;
    const log = (text: string, timestamp: bigint) =>
      emulator.emit(
        logEnvelope(text, {
          sourceId: "guid-of-cart",
          timestamp,
          tags: { app_name: "cart", space_name: "prod" },
        }),
      );
    log("first", time - 3n);
    log("second", time - 2n);
    log("third", time - 1n);
    const args = ["tail", "cart", "-n", "2", "-f", "--template", "{source} {text}"];
    await using command = new Loggregator(args, { env: emulated });
    await command.until(({ stdout }) => stdout.includes("third"));
    log("fourth", BigInt(Date.now()) * 1_000_000n);
    await command.until(({ stdout }) => stdout.includes("fourth"));
    expect(command.stdout).toBe("cart (prod) second\ncart (prod) third\ncart (prod) fourth\n");
    command.interrupt();
    expect((await command.ended()).code).toBe(0);
  });

  test("follows log-cache, by the name of the app", async () => {
    const args = ["tail", "--log-cache", "--app", "checkout", "--json", "--count", "2"];
    const command = new Loggregator(args, { env: loggedIn });
    await command.until(({ stderr }) => stderr.includes("reading from log-cache"));
    // The first read decides what is new.
    let number = 0;
    const timer = setInterval(() => {
      number += 1;
      const timestamp = BigInt(Date.now()) * 1_000_000n;
      emulator.emit(logEnvelope(`new ${number}`, { sourceId: app, timestamp }));
    }, 50);
    const { stdout, code } = await command.ended();
    clearInterval(timer);
    const texts = stdout
      .trimEnd()
      .split("\n")
      .map((line) => atob(JSON.parse(line).log.payload));
    expect(texts).toHaveLength(2);
    expect(texts.every((text) => text.startsWith("new "))).toBe(true);
    expect(code).toBe(0);
  });

  test.for([
    [["tail", "--log-cache"], "name the sources: an argument, --source-id or --app"],
    [["tail", "--log-cache", "--gateway", "http://127.0.0.1:1"], "leave one of them out"],
    [["tail", "--recent", "5"], "name an app or a source"],
    [
      ["tail", "--recent", "5", "--gateway", "http://127.0.0.1:1", "x"],
      "--recent reads from log-cache and cannot be combined with --gateway",
    ],
  ] as const)("%j is wrong usage", async ([args, message]) => {
    const { code, stderr } = await loggregator([...args], { env: emulated });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe("top", () => {
  test("counts the envelopes of log-cache, by the name of the app", async () => {
    const args = ["top", "--log-cache", "--app", "checkout", "--interval", "0.2", "--json"];
    await using command = new Loggregator(args, { env: loggedIn });
    await command.until(({ stderr }) => stderr.includes("reading from log-cache"));
    const timer = setInterval(() => {
      const at = { sourceId: app, timestamp: BigInt(Date.now()) * 1_000_000n };
      emulator.emit(logEnvelope("x", at));
      emulator.emit(gaugeEnvelope({ latency: { value: 3, unit: "ms" } }, at));
    }, 20);
    await command.until(({ stdout }) => stdout.includes('"latency"'));
    clearInterval(timer);
    const update = JSON.parse(command.stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(update.sources).toMatchObject([{ sourceId: app, name: "checkout (prod)" }]);
    expect(update.metrics).toMatchObject([{ sourceId: app, name: "latency", value: "3 ms" }]);
    command.interrupt();
    expect(await command.ended()).toMatchObject({
      code: 0,
      stderr: `loggregator: reading from log-cache ${emulator.logCache.url}\n`,
    });
  });

  test("needs the names of sources to read log-cache", async () => {
    const { code, stderr } = await loggregator(["top", "--log-cache"], { env: emulated });
    expect(stderr).toContain("name the sources: an argument, --source-id or --app");
    expect(code).toBe(2);
  });
});

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
    [["1", "--end", "5"], 2, "--end is for a range, which needs --start"],
    [["1", "--start", "5", "--time", "5"], 2, "--time and --start exclude each other"],
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

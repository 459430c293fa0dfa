import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type CapturedOutput, captureOutput } from "../../testing/capturedOutput.js";
import { run } from "../run.js";

const folder = mkdtempSync(join(tmpdir(), "loggregator-profile-"));
const config = join(folder, "loggregator", "config.json");
const secret = "geheim-0123456789";

let emulator: Emulator;
let output: CapturedOutput;

beforeAll(async () => {
  emulator = await startEmulator({ gateway: { tokens: { [secret]: "all" } }, logger: null });
  mkdirSync(dirname(config));
  file("token", `${secret}\n`);
  const { ca, cert, key } = emulator.tls.ingress;
  file("ca.crt", ca);
  file("client.crt", cert);
  file("client.key", key);
});

afterAll(async () => {
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  output = captureOutput();
  vi.stubEnv("XDG_CONFIG_HOME", folder);
  vi.stubEnv("CF_HOME", folder);
  emulator.reset();
});

/** Writes a file in the folder of the configuration. */
function file(name: string, content: string, mode = 0o600): void {
  const path = join(dirname(config), name);
  writeFileSync(path, content);
  chmodSync(path, mode);
}

const write = (profiles: object, rest: object = {}) =>
  file("config.json", JSON.stringify({ profiles, ...rest }));

const here = () => ({ logCacheUrl: emulator.logCache.url, tokenFile: "token" });

async function emitted(...args: readonly string[]): Promise<number> {
  return await run(["emit", "log", "hello", "-s", "my-app", ...args]);
}

describe("a profile names the target", () => {
  test("of commands that read, with a token from a file", async () => {
    write({ local: here() });
    emulator.emit({
      ...{ sourceId: "my-app", instanceId: "", tags: {}, deprecatedTags: {}, timestamp: 1n },
      message: { $case: "log", value: { payload: Buffer.from("hello"), type: 0 } },
    });
    const args = ["recent", "--source-id", "my-app", "--json"];
    expect(await run([...args, "--profile", "local"])).toBe(0);
    expect(JSON.parse(output.stdout)).toMatchObject({ source_id: "my-app" });
    expect(output.stderr).toBe("");

    // By the environment, and by default, which is printed.
    vi.stubEnv("LOGGREGATOR_PROFILE", "local");
    expect(await run(args)).toBe(0);
    vi.stubEnv("LOGGREGATOR_PROFILE", "");
    write({ local: here() }, { default: "local" });
    expect(await run(args)).toBe(0);
    expect(output.stderr).toBe(
      `loggregator: using the default profile local: ${emulator.logCache.url}\n`,
    );
  });

  test("with a token from a variable", async () => {
    write({ local: { logCacheUrl: emulator.logCache.url, tokenEnv: "MY_TOKEN" } });
    vi.stubEnv("MY_TOKEN", secret);
    expect(await run(["meta", "--no-rate", "--profile", "local"])).toBe(0);
    vi.stubEnv("MY_TOKEN", undefined);
    expect(await run(["meta", "--no-rate", "--profile", "local"])).toBe(2);
    expect(output.stderr).toContain("profile local, tokenEnv: the variable MY_TOKEN is not set");
  });

  test("of emit, with certificates beside the configuration", async () => {
    const certificates = { ca: "ca.crt", cert: "client.crt", key: "client.key" };
    write({ local: { address: emulator.ingress.address, ...certificates } });
    expect(await emitted("--profile", "local")).toBe(0);
    expect(output.stderr).toBe("");
    await emulator.until(({ received }) => received === 1);
  });

  test("of tail, which prefers egress", async () => {
    const tls = { ca: "ca.crt", cert: "client.crt", key: "client.key" };
    write({ both: { egress: emulator.egress.address, gateway: emulator.gateway.url, ...tls } });
    const reading = run(["tail", "--count", "1", "--profile", "both"]);
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    expect(emulator.stats.gatewayStreams).toBe(0);
    await emitted("--address", emulator.ingress.address, "--profile", "both");
    expect(await reading).toBe(0);
    expect(output.stdout).toContain("hello");
  });

  test("of tail, which reads the past from log-cache", async () => {
    const { logCacheUrl, tokenFile } = here();
    const gateway = emulator.gateway.url;
    write({ both: { gateway, logCacheUrl, tokenFile } });
    const args = ["tail", "my-app", "--since", "1m", "--until", "0s", "--profile", "both"];
    expect(await run(args)).toBe(0);
    expect(output.stderr).not.toContain("cannot be combined");
  });
});

describe("precedence", () => {
  test("options come first, then the environment, then the profile", async () => {
    const nowhere = "127.0.0.1:1";
    const certificates = { ca: "ca.crt", cert: "client.crt", key: "client.key" };
    write({ wrong: { address: nowhere, ...certificates } });
    const { address } = emulator.ingress;
    expect(await emitted("--profile", "wrong", "--address", address)).toBe(0);
    expect(output.stderr).toContain("not using the profile wrong: the options or");
    vi.stubEnv("LOGGREGATOR_INGRESS_ADDRESS", address);
    expect(await emitted("--profile", "wrong")).toBe(0);
    expect(await emitted("--profile", "wrong", "--address", nowhere)).toBe(1);
  });

  test("an address in the environment also replaces the others, and gets no token", async () => {
    write({ local: { ...here(), egress: "127.0.0.1:1" } });
    vi.stubEnv("LOGGREGATOR_GATEWAY_URL", emulator.gateway.url);
    expect(await run(["tail", "--count", "1", "--profile", "local", "-s", "a"])).toBe(1);
    expect(output.stderr).toContain("not using the profile local: the options or");
    expect(output.stderr).not.toContain(secret);
    expect(output.stderr).toContain("404");
  });

  test("the token of a profile is not sent to other servers", async () => {
    write({ local: here() }, { default: "local" });
    const { gatewayUrl } = emulator.logCache;
    // Its log-cache is the profile's, but the API is another server.
    expect(await run(["recent", "my-app", "--api", gatewayUrl])).toBe(1);
    expect(output.stderr).not.toContain(secret);
  });
});

describe("is refused with one helpful line", () => {
  const cases: readonly (readonly [content: string | object, args: string[], message: string])[] = [
    ["{", [], "config.json must be JSON, such as"],
    ["[]", [], "config.json must be an object"],
    [{ profile: {} }, [], 'unknown name "profile"; did you mean "profiles"?'],
    [{ default: "prd", profiles: { prod: {} } }, [], 'default: unknown name "prd"; did you mean'],
    [{ profiles: { prod: {} } }, ["--profile", "pord"], '--profile: unknown name "pord"; did you'],
    [{ profiles: {} }, ["--profile", "prod"], 'unknown name "prod"; known names in'],
    [{ profiles: { p: { gatway: "x" } } }, ["--profile", "p"], 'did you mean "gateway"?'],
    [
      { profiles: { p: { ca: 1 } } },
      ["--profile", "p"],
      "profiles.p.ca must be a non-empty string",
    ],
    [
      { profiles: { p: { token: secret } } },
      ["--profile", "p"],
      "use tokenFile or tokenEnv instead",
    ],
    [
      { profiles: { p: { tokenFile: "a", tokenEnv: "B" } } },
      ["--profile", "p"],
      "has both tokenFile and tokenEnv; remove one of them",
    ],
    [{ profiles: { p: { clientId: "a" } } }, ["--profile", "p"], "needs clientId together with"],
    [
      { profiles: { p: { clientId: "a", clientSecretEnv: "B" } } },
      ["--profile", "p"],
      "has a clientId, which needs uaa or api",
    ],
    [{ profiles: { p: { gateway: "x" } } }, ["--profile", "p"], "--gateway must be a URL such as"],
    [
      { profiles: { p: { gateway: "http://127.0.0.1:1", tokenFile: "none" } } },
      ["--profile", "p"],
      "profile p, tokenFile: cannot read the file: ENOENT",
    ],
    [{ profiles: { p: {} } }, ["--profile", ""], '--profile must be a name, got ""'],
  ];

  test.each(cases)("%j", async (content, args, message) => {
    file("config.json", typeof content === "string" ? content : JSON.stringify(content));
    expect(await run(["tail", ...args])).toBe(2);
    expect(output.stderr).toMatch(/^loggregator: [^\n]+\n$/);
    expect(output.stderr).toContain(message);
    expect(output.stderr).not.toContain(secret);
  });

  test("without a configuration", async () => {
    vi.stubEnv("XDG_CONFIG_HOME", join(folder, "none"));
    expect(await run(["tail", "--profile", "prod"])).toBe(2);
    expect(output.stderr).toMatch(
      /^loggregator: --profile "prod": there is no file [^\n]+; create it\n$/,
    );
  });

  test.each([
    ["tokenFile", { tokenFile: "open", gateway: "http://127.0.0.1:1" }, ["tail"]],
    ["key", { address: "127.0.0.1:1", key: "open" }, ["emit", "log", "x"]],
  ])("a %s that others can read", async (key, profile, args) => {
    file("open", secret, 0o640);
    write({ p: profile });
    expect(await run([...args, "--profile", "p"])).toBe(2);
    expect(output.stderr).toBe(
      `loggregator: profile p, ${key}: other users have access to ${join(dirname(config), "open")} (mode 640), which holds a secret; run "chmod 600 ${join(dirname(config), "open")}"\n`,
    );
  });

  test("a configuration that others can change", async () => {
    file("config.json", "{}", 0o664);
    expect(await run(["tail", "--profile", "p"])).toBe(2);
    expect(output.stderr).toContain(`config.json can be changed by other users; run "chmod go-w`);
  });
});

import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cfCliToken, readCfConfig } from "./index.js";

const jwt = (expiresInMs: number) =>
  `h.${Buffer.from(JSON.stringify({ exp: (Date.now() + expiresInMs) / 1000 })).toString("base64url")}.s`;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cf-home-"));
  await mkdir(join(home, ".cf"));
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

async function writeConfig(accessToken: string): Promise<string> {
  const config = JSON.stringify({
    Target: "https://api.example.com",
    UaaEndpoint: "https://uaa.example.com",
    AccessToken: `bearer ${accessToken}`,
    RefreshToken: "refresh",
    UAAOAuthClient: "cf",
    UAAOAuthClientSecret: "",
    OrganizationFields: { Name: "org" },
    SpaceFields: { Name: "space" },
  });
  await writeFile(join(home, ".cf", "config.json"), config);
  return config;
}

/** A `cf` that prints a token and counts its runs. */
async function writeCommand(script: string): Promise<string> {
  const command = join(home, "cf");
  await writeFile(command, `#!/bin/sh\necho run >> "$CF_HOME/runs"\n${script}\n`);
  await chmod(command, 0o755);
  return command;
}
const runs = async () => (await readFile(join(home, "runs"), "utf8")).trim().split("\n").length;

test("takes a valid token from the configuration, without running the command or writing", async () => {
  const valid = jwt(600_000);
  const config = await writeConfig(valid);
  const token = cfCliToken({ command: join(home, "missing"), home });
  expect(await token()).toBe(valid);
  expect(await readFile(join(home, ".cf", "config.json"), "utf8")).toBe(config);
  expect(await readCfConfig(home)).toMatchObject({
    apiUrl: "https://api.example.com",
    refreshToken: "refresh",
    clientSecret: "",
    org: "org",
    space: "space",
  });
});

test("runs the command once for all callers if the token has expired or was refused", async () => {
  await writeConfig(jwt(10_000));
  const command = await writeCommand('echo "some notice"; echo "bearer fresh-token"');
  const token = cfCliToken({ command, home });
  const all = await Promise.all([token(), token(), token()]);
  expect(all).toEqual(["fresh-token", "fresh-token", "fresh-token"]);
  expect(await runs()).toBe(1);
  await writeConfig(jwt(600_000));
  expect(await token({ refresh: true })).toBe("fresh-token");
  expect(await runs()).toBe(2);
});

test("a command that fails or is missing is a final error that contains no token", async () => {
  const secret = "x".repeat(50);
  const command = await writeCommand(`echo "Not logged in ${secret}" >&2; exit 1`);
  const error = await cfCliToken({ command, home })().catch((e: Error) => e);
  expect(error).toMatchObject({ name: "TokenError", retryable: false });
  expect((error as Error).message).toContain("Not logged in …. Log in with cf login");
  const missing = await cfCliToken({ command: join(home, "none"), home })().catch((e: Error) => e);
  expect((missing as Error).message).toContain("there is no such command");
  expect(missing).toMatchObject({ retryable: false, cause: { code: "ENOENT" } });
  expect(await readCfConfig(join(home, "elsewhere"))).toBeUndefined();
});

test("kills the command once the signals of all callers have aborted", async () => {
  const pidFile = join(home, "pid");
  const command = await writeCommand(`echo $$ > ${pidFile}; exec sleep 100`);
  const token = cfCliToken({ command, home });
  const [first, second] = [new AbortController(), new AbortController()];
  const calls = [first, second].map(({ signal }) => token({ signal }).catch((e: Error) => e.name));
  await expect.poll(() => readFile(pidFile, "utf8").catch(() => "")).toMatch(/\d\n/);
  const pid = Number(await readFile(pidFile, "utf8"));
  first.abort();
  expect(await calls[0]).toBe("AbortError");
  expect(process.kill(pid, 0)).toBe(true);
  second.abort();
  expect(await calls[1]).toBe("AbortError");
  await expect.poll(() => isRunning(pid)).toBe(false);
  expect(await runs()).toBe(1);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UsageError } from "../errors.js";
import { findToken, type TokenOptions } from "./findToken.js";

let folder: string;
let said: string[];

beforeEach(async () => {
  said = [];
  folder = await mkdtemp(join(tmpdir(), "loggregator-token-"));
  vi.stubEnv("CF_HOME", folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Puts a `cf` command that runs the script on the PATH. */
async function installCf(script: string): Promise<void> {
  const path = join(folder, "cf");
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
}

/** Writes the configuration of a `cf` command that is logged in to this API. */
async function logIn(api: string): Promise<void> {
  await mkdir(join(folder, ".cf"));
  await writeFile(join(folder, ".cf", "config.json"), JSON.stringify({ Target: api }));
}

const find = (url: string, options: TokenOptions = {}) =>
  findToken(new URL(url), options, (message) => said.push(message));

test("uses a given token for every URL, and does not run cf", async () => {
  await installCf("exit 1");
  expect(await find("http://gateway.example", { token: "bearer given" })).toBe("bearer given");
  expect(said).toEqual([]);
});

test.each([
  ["https://log-stream.sys.example.com", "https://api.sys.example.com"],
  ["http://127.0.0.2", undefined],
  ["http://[::1]", undefined],
])("runs cf for each connection to %s", async (url, api) => {
  if (api !== undefined) {
    await logIn(api);
  }
  const count = join(folder, "count");
  await installCf(`echo x >> ${count}; echo "bearer token-$(wc -l < ${count} | tr -d ' ')"`);
  const token = await find(url);
  if (typeof token !== "function") {
    throw new Error("expected a function");
  }
  const { signal } = new AbortController();
  expect(await token({ refresh: false, signal })).toBe("token-1");
  expect(await token({ refresh: true, signal })).toBe("token-2");
  expect(await token({ refresh: false, signal })).toBe("token-3");
});

test.each([
  "https://evil.example",
  "https://sys.example.com.evil.example",
  "http://log-stream.sys.example.com",
  "http://127.0.0.1:8088",
])("does not send the token of cf to %s, and prints the reason", async (url) => {
  await logIn("https://api.sys.example.com");
  const ran = join(folder, "ran");
  await installCf(`touch ${ran}; echo "bearer secret"`);
  expect(await find(url)).toBeUndefined();
  expect(existsSync(ran)).toBe(false);
  expect(said).toEqual([expect.stringMatching(/^reading without a token: .+ is not sent to /)]);
});

test("sends the token of cf to a host that the user names", async () => {
  await logIn("https://api.sys.example.com");
  await installCf('echo "bearer other"');
  const token = await find("https://gateway.example", { sendTokenTo: ["gateway.example"] });
  if (typeof token !== "function") {
    throw new Error("expected a function");
  }
  expect(await token({ refresh: false, signal: new AbortController().signal })).toBe("other");
});

test("does not send the token of a foundation that the user has logged in to since", async () => {
  await logIn("https://api.sys.example.com");
  await installCf('echo "bearer secret"');
  const token = await find("https://log-stream.sys.example.com");
  if (typeof token !== "function") {
    throw new Error("expected a function");
  }
  await writeFile(join(folder, ".cf/config.json"), '{"Target":"https://api.other.example"}');
  const refreshed = token({ refresh: true, signal: new AbortController().signal });
  await expect(refreshed).rejects.toThrow("is for api.other.example and is not sent to");
});

test.each(["", "{", "null", '{"Target":7}', '{"Target":""}'])(
  "ignores a configuration of cf with %j in it",
  async (content) => {
    await mkdir(join(folder, ".cf"));
    await writeFile(join(folder, ".cf/config.json"), content);
    await installCf('echo "bearer secret"');
    expect(await find("https://gateway.example")).toBeUndefined();
  },
);

test("reads without a token, silently, if there is no cf", async () => {
  vi.stubEnv("PATH", folder);
  expect(await find("http://127.0.0.1:8088")).toBeUndefined();
  expect(said).toEqual([]);
});

test("does not print the output of a cf that fails, which may have a token in it", async () => {
  const token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImtleS0xIn0.secret";
  await installCf(`echo "bearer ${token}"; echo "cf: expired ${token}" >&2; exit 1`);
  expect(await find("http://127.0.0.1:8088", { token: "" })).toBeUndefined();
  expect(said).toEqual([
    "reading without a token: cf oauth-token: cf: expired …. Log in with cf login",
  ]);
});

test("finds the token among other output, in linear time", async () => {
  const other = join(folder, "other");
  await writeFile(other, "bearer\n \t ".repeat(50_000));
  await installCf(`cat ${other}; echo; echo "Bearer  the-token  "; cat ${other}`);
  const token = await find("http://127.0.0.1:8088");
  if (typeof token !== "function") {
    throw new Error("expected a function");
  }
  expect(await token({ refresh: false, signal: new AbortController().signal })).toBe("the-token");
});

test("rejects a token that no header can carry, without printing it", async () => {
  const found = find("https://gateway.example", { token: "se cret" });
  await expect(found).rejects.toThrow(UsageError);
  await expect(found).rejects.not.toThrow("se cret");
});

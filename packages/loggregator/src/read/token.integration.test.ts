import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UsageError } from "../errors.js";
import { findToken } from "./token.js";

let folder: string;
let told: string[];
const tell = (message: string) => told.push(message);

beforeEach(async () => {
  told = [];
  folder = await mkdtemp(join(tmpdir(), "loggregator-token-"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Has a `cf` of this kind be the one on the PATH. */
async function installCf(script: string): Promise<void> {
  const path = join(folder, "cf");
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
}

test("a token that is given is taken for every URL, and cf is not asked", async () => {
  await installCf("exit 1");
  const url = new URL("http://gateway.example");
  expect(await findToken(url, "bearer given", tell)).toBe("bearer given");
  expect(told).toEqual([]);
});

test.each(["https://gateway.example", "http://localhost:8088", "http://127.0.0.2", "http://[::1]"])(
  "that of cf goes to %s, and cf is asked for each connection",
  async (url) => {
    const count = join(folder, "count");
    await installCf(`echo x >> ${count}; echo "bearer token-$(wc -l < ${count} | tr -d ' ')"`);
    const token = await findToken(new URL(url), undefined, tell);
    if (typeof token !== "function") throw new Error("expected a function");
    const { signal } = new AbortController();
    expect(await token({ refresh: false, signal })).toBe("token-1");
    expect(await token({ refresh: true, signal })).toBe("token-2");
    expect(await token({ refresh: false, signal })).toBe("token-3");
  },
);

test.each(["http://gateway.example", "http://127.0.0.1.example"])(
  "that of cf does not go to %s, unencrypted as that is",
  async (url) => {
    await installCf('echo "bearer secret"');
    expect(await findToken(new URL(url), undefined, tell)).toBeUndefined();
  },
);

test("where there is no cf there is none, and that is nothing to tell", async () => {
  vi.stubEnv("PATH", folder);
  expect(await findToken(new URL("https://gateway.example"), undefined, tell)).toBeUndefined();
  expect(told).toEqual([]);
});

test("what cf printed is not told when it fails, as a token may be in it", async () => {
  await installCf('echo "bearer secret"; echo "cf: expired" >&2; exit 1');
  expect(await findToken(new URL("https://gateway.example"), "", tell)).toBeUndefined();
  expect(told).toEqual(["reading without a token: cf oauth-token: cf: expired"]);
});

test("one that no header can carry is refused without being told", async () => {
  const found = findToken(new URL("https://gateway.example"), "se cret", tell);
  await expect(found).rejects.toThrow(UsageError);
  await expect(found).rejects.not.toThrow("se cret");
});

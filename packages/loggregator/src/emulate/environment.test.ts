import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UsageError } from "../errors.js";
import { EnvironmentFile } from "./environment.js";

const certificates = { ca: "the ca\n", cert: "the certificate\n", key: "the key\n" };
const variables = { LOGGREGATOR_GATEWAY_URL: "http://127.0.0.1:8088", CF_TOKEN: "a$token" };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "loggregator test "));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("a shell and Node.js read the same from it, paths with spaces among it", async () => {
  const path = join(folder, "my.env");
  const file = await EnvironmentFile.prepare(path);
  await file.write({ LOGGREGATOR_GATEWAY_URL: "http://127.0.0.1:8088" }, certificates);
  const print = `process.stdout.write(JSON.stringify([
    process.env.LOGGREGATOR_GATEWAY_URL,
    require("node:fs").readFileSync(process.env.LOGGREGATOR_CA_PATH, "utf8"),
    require("node:fs").readFileSync(process.env.LOGGREGATOR_CERT_PATH, "utf8"),
    require("node:fs").readFileSync(process.env.LOGGREGATOR_KEY_PATH, "utf8")]))`;
  const node = [process.execPath, "--eval", print] as const;
  const expected = JSON.stringify(["http://127.0.0.1:8088", ...Object.values(certificates)]);
  const byShell = execFileSync("sh", ["-c", 'set -a; . "$0"; exec "$@"', path, ...node]);
  expect(byShell.toString()).toBe(expected);
  const byNode = execFileSync(process.execPath, [`--env-file=${path}`, "--eval", print]);
  expect(byNode.toString()).toBe(expected);
});

test("the private key and the token are for the user alone", async () => {
  const file = await EnvironmentFile.prepare(join(folder, "my.env"));
  await file.write(variables, certificates);
  for (const name of ["my.env", "my.env.certs/client.key"]) {
    expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
  }
});

test("everything that was written is removed, and nothing else", async () => {
  const file = await EnvironmentFile.prepare(join(folder, "my.env"));
  await file.write(variables, certificates);
  await writeFile(join(folder, "my.env.certs/mine"), "");
  await file.remove();
  expect(await readdir(folder, { recursive: true })).toEqual(["my.env.certs", "my.env.certs/mine"]);
});

test("what another one has written there since stays", async () => {
  const path = join(folder, "my.env");
  const first = await EnvironmentFile.prepare(path);
  await first.write(variables, certificates);
  const second = await EnvironmentFile.prepare(path);
  await second.write({ CF_TOKEN: "other" }, { ...certificates, ca: "another ca\n" });
  await first.remove();
  expect(await readFile(path, "utf8")).toContain("other");
  expect(await readFile(join(folder, "my.env.certs/ca.crt"), "utf8")).toBe("another ca\n");
});

test("one that was left by an earlier run goes before the new one comes", async () => {
  const path = join(folder, "my.env");
  await (await EnvironmentFile.prepare(path)).write(variables, certificates);
  await EnvironmentFile.prepare(path);
  await expect(readFile(path)).rejects.toThrow("ENOENT");
});

test("somebody else's file is not touched", async () => {
  const path = join(folder, ".env");
  await writeFile(path, "SECRET=1\n");
  await expect(EnvironmentFile.prepare(path)).rejects.toThrow(UsageError);
  expect(await readFile(path, "utf8")).toBe("SECRET=1\n");
});

test("without a path it is in a folder of its own, which goes with it", async () => {
  const file = await EnvironmentFile.prepare(undefined);
  await file.write(variables, certificates);
  expect(await readFile(file.path, "utf8")).toContain("LOGGREGATOR_GATEWAY_URL=");
  await file.remove();
  await expect(stat(dirname(file.path))).rejects.toThrow("ENOENT");
});

test("a folder that is not there is not made", async () => {
  const path = join(folder, "nowhere/my.env");
  await expect(EnvironmentFile.prepare(path)).rejects.toThrow(UsageError);
  expect(await readdir(folder)).toEqual([]);
});

test("a path that a shell or Node.js could not be given is refused", async () => {
  await expect(EnvironmentFile.prepare(join(folder, "it's.env"))).rejects.toThrow(UsageError);
});

test("where there is no place for temporary files, what to do is told", async () => {
  vi.stubEnv("TMPDIR", join(folder, "nowhere"));
  await expect(EnvironmentFile.prepare(undefined)).rejects.toThrow("choose a path with --env-file");
  vi.unstubAllEnvs();
});

import { execFileSync } from "node:child_process";
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UsageError } from "../errors.js";
import { EnvironmentFile } from "./environmentFile.js";

const certificates = { ca: "the ca\n", cert: "the certificate\n", key: "the key\n" };
const variables = { LOGGREGATOR_GATEWAY_URL: "http://127.0.0.1:8088", CF_TOKEN: "a$token" };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "loggregator test "));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("a shell and Node.js read the same values from it, including paths with spaces", async () => {
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

test("the private key and the token can be read by the user alone", async () => {
  const file = await EnvironmentFile.prepare(join(folder, "my.env"));
  await file.write(variables, certificates);
  for (const name of ["my.env", "my.env.certs/client.key"]) {
    expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
  }
});

test("removes everything that was written, and nothing else", async () => {
  const file = await EnvironmentFile.prepare(join(folder, "my.env"));
  await file.write(variables, certificates);
  await writeFile(join(folder, "my.env.certs/mine"), "");
  await file.remove();
  expect(await readdir(folder, { recursive: true })).toEqual(["my.env.certs", "my.env.certs/mine"]);
});

test("keeps a file that another emulator has written in the meantime", async () => {
  const path = join(folder, "my.env");
  const first = await EnvironmentFile.prepare(path);
  await first.write(variables, certificates);
  const second = await EnvironmentFile.prepare(path);
  await second.write({ CF_TOKEN: "other" }, { ...certificates, ca: "another ca\n" });
  await first.remove();
  expect(await readFile(path, "utf8")).toContain("other");
  expect(await readFile(join(folder, "my.env.certs/ca.crt"), "utf8")).toBe("another ca\n");
});

test("removes the file of an earlier run before the new one is written", async () => {
  const path = join(folder, "my.env");
  await (await EnvironmentFile.prepare(path)).write(variables, certificates);
  await EnvironmentFile.prepare(path);
  await expect(readFile(path)).rejects.toThrow("ENOENT");
});

test("refuses a file with other content", async () => {
  const path = join(folder, ".env");
  await writeFile(path, "SECRET=1\n");
  await expect(EnvironmentFile.prepare(path)).rejects.toThrow(UsageError);
  expect(await readFile(path, "utf8")).toBe("SECRET=1\n");
});

test("without a path, uses a temporary folder, which is removed with the file", async () => {
  const file = await EnvironmentFile.prepare(undefined);
  await file.write(variables, certificates);
  expect(await readFile(file.path, "utf8")).toContain("LOGGREGATOR_GATEWAY_URL=");
  await file.remove();
  await expect(stat(dirname(file.path))).rejects.toThrow("ENOENT");
});

test("refuses a folder that does not exist", async () => {
  const path = join(folder, "nowhere/my.env");
  await expect(EnvironmentFile.prepare(path)).rejects.toThrow(UsageError);
  expect(await readdir(folder)).toEqual([]);
});

test("refuses a path that a shell or Node.js cannot read", async () => {
  await expect(EnvironmentFile.prepare(join(folder, "it's.env"))).rejects.toThrow(UsageError);
});

test("suggests a remedy if there is no folder for temporary files", async () => {
  vi.stubEnv("TMPDIR", join(folder, "nowhere"));
  await expect(EnvironmentFile.prepare(undefined)).rejects.toThrow("choose a path with --env");
  vi.unstubAllEnvs();
});

describe("on a machine with other users", () => {
  const isRoot = process.getuid?.() === 0;
  const stranger = 12_345;
  let path: string;

  beforeEach(() => {
    path = join(folder, "my.env");
  });

  async function refusal(): Promise<string> {
    const error = await (async () => {
      const file = await EnvironmentFile.prepare(path);
      await file.write(variables, certificates);
    })().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }

  test("writes nothing through a link at the file's path", async () => {
    const target = join(folder, "target");
    await writeFile(target, "precious\n");
    await symlink(target, path);
    expect(await refusal()).toMatch(/my\.env" is a link; choose another path/);
    expect(await readFile(target, "utf8")).toBe("precious\n");
  });

  test("writes nothing through a dangling link", async () => {
    await symlink(join(folder, "target"), path);
    expect(await refusal()).toContain("is a link");
    expect(await readdir(folder)).toEqual(["my.env"]);
  });

  test("writes nothing into a folder that a link points to", async () => {
    const target = join(folder, "target");
    await mkdir(target);
    await symlink(target, `${path}.certs`);
    expect(await refusal()).toMatch(/my\.env\.certs" is a link/);
    expect(await readdir(target)).toEqual([]);
  });

  test.each(["ca.crt", "client.crt", "client.key"])(
    "replaces a link at %s instead of following it",
    async (name) => {
      const target = join(folder, "target");
      await writeFile(target, "precious\n");
      await mkdir(`${path}.certs`);
      await symlink(target, join(`${path}.certs`, name));
      await (await EnvironmentFile.prepare(path)).write(variables, certificates);
      expect(await readFile(target, "utf8")).toBe("precious\n");
    },
  );

  test("never leaves the key in a file that others can read", async () => {
    const key = join(`${path}.certs`, "client.key");
    await mkdir(`${path}.certs`);
    await chmod(`${path}.certs`, 0o777);
    await writeFile(key, "old\n");
    await chmod(key, 0o666);
    // The key is not written to the old file, which may be open or linked elsewhere.
    await link(key, join(folder, "other name"));
    await (await EnvironmentFile.prepare(path)).write(variables, certificates);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect((await stat(`${path}.certs`)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(folder, "other name"), "utf8")).toBe("old\n");
  });

  test("replaces an environment file with a mode that is too open", async () => {
    await (await EnvironmentFile.prepare(path)).write(variables, certificates);
    await chmod(path, 0o666);
    await (await EnvironmentFile.prepare(path)).write(variables, certificates);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("refuses a file that appears between the check and the write", async () => {
    const file = await EnvironmentFile.prepare(path);
    await writeFile(path, "planted\n");
    await expect(file.write(variables, certificates)).rejects.toThrow(/created by another program/);
    expect(await readFile(path, "utf8")).toBe("planted\n");
    await file.remove();
    expect(await readdir(folder)).toEqual(["my.env"]);
  });

  test("refuses folders, pipes and other things at the path", async () => {
    await mkdir(path);
    expect(await refusal()).toContain("is a folder");
    await rm(path, { recursive: true });
    execFileSync("mkfifo", [path]);
    expect(await refusal()).toContain("is not a regular file");
  });

  test("refuses a folder in which all users can replace files", async () => {
    await chmod(folder, 0o777);
    expect(await refusal()).toMatch(/all users can write to ".+"; choose another path/);
    await chmod(folder, 0o1777);
    await (await EnvironmentFile.prepare(path)).write(variables, certificates);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test.runIf(isRoot)("refuses another user's file", async () => {
    await (await EnvironmentFile.prepare(path)).write(variables, certificates);
    await chown(path, stranger, stranger);
    expect(await refusal()).toMatch(/my\.env" belongs to user 12345/);
  });

  test.runIf(isRoot)("refuses another user's folder for the certificates", async () => {
    await mkdir(`${path}.certs`);
    await chown(`${path}.certs`, stranger, stranger);
    expect(await refusal()).toMatch(/my\.env\.certs" belongs to user 12345/);
    expect(await readdir(`${path}.certs`)).toEqual([]);
  });

  test.runIf(isRoot)("refuses to write into another user's folder", async () => {
    await chown(folder, stranger, stranger);
    expect(await refusal()).toContain("belongs to user 12345, who could replace the file");
  });
});

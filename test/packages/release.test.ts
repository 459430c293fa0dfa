import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, inject, test } from "vitest";
import { publicPackages, root, rootManifest } from "./publicPackages.js";
import { npm, type Registry, startRegistry } from "./registry.js";
import { run } from "./run.js";

// Follows "Releases" in CONTRIBUTING.md in a clone, with a registry that has none of the packages.

const folder = join(inject("temporary"), "release");
const clone = join(folder, "clone");
const version = "0.1.0";
let registry: Registry;

const git = (...args: string[]) => run("git", args, { cwd: clone });
const inClone = (...args: string[]) => npm(registry.userConfig, args, { cwd: clone });

beforeAll(async () => {
  const names = publicPackages.map(({ name }) => name);
  registry = await startRegistry(folder, names);
  await run("git", ["clone", "--quiet", root, clone], { cwd: folder });
  await git("config", "user.name", "Releaser");
  await git("config", "user.email", "releaser@example.com");
  await inClone("run", "build");
  return () => registry.close();
});

test("the workflow sets the variable with which pnpm states the provenance", async () => {
  const workflow = await readFile(join(root, ".github/workflows/release.yml"), "utf8");
  const [, name = "", value] = /^ +(pnpm_config_provenance): "(.*)"$/m.exec(workflow) ?? [];
  const cwd = join(clone, "packages/core");
  const command = ["exec", "--yes", `--package=${rootManifest.packageManager}`, "--"];
  await expect(
    npm(registry.userConfig, [...command, "pnpm", "publish", "--no-git-checks"], {
      cwd,
      env: { [name]: value },
    }),
  ).rejects.toThrow("ERR_PNPM_PROVENANCE_UNSUPPORTED_PROVIDER");
});

test("versions, publishes and tags every package, and the published packages install", async () => {
  await inClone("run", "release:version");
  for (const { name, directory } of publicPackages) {
    const read = (file: string) => readFile(join(clone, directory, file), "utf8");
    expect(JSON.parse(await read("package.json"))).toMatchObject({ name, version });
    expect(await read("CHANGELOG.md")).toContain(`## ${version}`);
  }
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "repo: release new versions");
  // The result must be ready to commit.
  await inClone("run", "lint");

  await inClone("run", "release");
  const tags = (await git("tag")).trim().split("\n");
  expect(tags.sort()).toEqual(publicPackages.map(({ name }) => `${name}@${version}`).sort());

  // As a user would, in a project with only the published packages.
  const project = join(folder, "project");
  await mkdir(project);
  await writeFile(join(project, "package.json"), JSON.stringify({ private: true }));
  const names = publicPackages.map(({ name }) => name);
  const inProject = (...args: string[]) => npm(registry.userConfig, args, { cwd: project });
  await inProject("install", ...names);
  const { dependencies } = JSON.parse(await inProject("ls", "--json")) as {
    dependencies: Record<string, { version: string; resolved: string }>;
  };
  expect(dependencies).toEqual(
    Object.fromEntries(
      names.map((name) => [
        name,
        expect.objectContaining({
          version,
          resolved: expect.stringMatching(/^http:..127\.0\.0\.1:/),
        }),
      ]),
    ),
  );
  expect(await inProject("exec", "--no", "--", "loggregator", "--version")).toBe(`${version}\n`);
  await inProject("exec", "--no", "--", "loggregator", "demo");
});

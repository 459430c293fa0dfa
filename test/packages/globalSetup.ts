import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { publicPackages, root, rootManifest } from "./publicPackages.js";
import { npm, startRegistry } from "./registry.js";
import { run } from "./run.js";

export interface Pack {
  readonly tarball: string;
  readonly files: readonly string[];
}

declare module "vitest" {
  export interface ProvidedContext {
    /** The packed packages by name. */
    packs: Readonly<Record<string, Pack>>;
    /** A temporary folder that is removed after the last test. */
    temporary: string;
    /** A configuration of npm that uses the registry with the packs. */
    npmConfig: string;
  }
}

/** Packs every public package and publishes it to a registry on loopback, once for all tests. */
export default async function publishAll({ provide }: TestProject): Promise<() => Promise<void>> {
  const temporary = await mkdtemp(join(tmpdir(), "loggregator-packages-"));
  const packs = await packAll(temporary);
  const names = publicPackages.map(({ name }) => name);
  const registry = await startRegistry(join(temporary, "registry"), names);
  for (const name of names) {
    const pack = packs[name];
    if (pack === undefined) {
      throw new Error(`pnpm pack made no tarball of ${name}`);
    }
    // Only CI services can state the provenance.
    const args = ["publish", pack.tarball, "--provenance=false"];
    await npm(registry.userConfig, args, { cwd: temporary });
  }
  provide("packs", packs);
  provide("temporary", temporary);
  provide("npmConfig", registry.userConfig);
  return async () => {
    await registry.close();
    await rm(temporary, { recursive: true, force: true });
  };
}

async function packAll(folder: string): Promise<Record<string, Pack>> {
  const output = await run(
    "npx",
    [
      "--yes",
      `--package=${rootManifest.packageManager}`,
      "pnpm",
      "--recursive",
      ...publicPackages.map(({ name }) => `--filter=${name}`),
      "pack",
      "--json",
      `--pack-destination=${folder}`,
    ],
    { cwd: root },
  );
  // pnpm prints one package as an object, and several as a list.
  const listed = [JSON.parse(output)].flat() as {
    name: string;
    filename: string;
    files: { path: string }[];
  }[];
  return Object.fromEntries(
    listed.map(({ name, filename, files }) => [
      name,
      { tarball: filename, files: files.map(({ path }) => path) },
    ]),
  );
}

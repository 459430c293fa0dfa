import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import type { Pack } from "./globalSetup.js";
import { npm as runNpm } from "./registry.js";

/** Returns what would be published of a package. */
export function packOf(name: string): Pack {
  const pack = inject("packs")[name];
  if (pack === undefined) {
    throw new Error(`pnpm pack made no tarball of ${name}`);
  }
  return pack;
}

/** Runs npm with the registry that has the packs. */
export function npm(args: readonly string[], folder: string): Promise<string> {
  return runNpm(inject("npmConfig"), args, { cwd: folder });
}

/** Creates a temporary folder with this `package.json`. */
export async function newProject(manifest: object): Promise<string> {
  const folder = await mkdtemp(join(inject("temporary"), "project-"));
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ private: true, ...manifest }, null, 2),
  );
  return folder;
}

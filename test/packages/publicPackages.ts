import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly packageManager?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface PublicPackage {
  readonly name: string;
  readonly version: string;
  /** The path from the root of the repository, with slashes: `packages/api`. */
  readonly directory: string;
  /** The names that users import: `@loggregator/api`, `@loggregator/api/v1`. */
  readonly specifiers: readonly string[];
  readonly commands: readonly string[];
}

export const rootManifest = readManifest("package.json");

/** Every package below `packages/` that gets published. */
export const publicPackages: readonly PublicPackage[] = readdirSync(join(root, "packages"))
  .map((folder) => `packages/${folder}`)
  .filter((directory) => existsSync(join(root, directory, "src/index.ts")))
  .map((directory) => ({ directory, ...readManifest(`${directory}/package.json`) }))
  .filter((manifest) => manifest.private !== true)
  .map(({ name, version, directory, exports = {}, bin = {} }) => ({
    name,
    version,
    directory,
    specifiers: Object.keys(exports)
      .filter((path) => path !== "./package.json")
      .map((path) => name + path.slice(1)),
    commands: Object.keys(bin),
  }));

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest;
}

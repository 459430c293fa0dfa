// Checks that no code reaches into another package: tests and tools import its public name, too.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";

const reference = /(?:\bfrom|\bimport|\bimport\(|\bURL\(|\brequire\()\s*["'`]([^"'`\n]+)["'`]/g;
const internals = /^@loggregator\/[a-z0-9-]+\/(?:src|dist|testing)\//;

/** Returns the names in a file's imports and URLs that are files of another package. */
export function foreignReferences(file, text) {
  const own = packageOf(file);
  return [...text.matchAll(reference)]
    .map(([, name]) => name)
    .filter((name) => {
      if (!name.startsWith(".")) {
        return internals.test(name);
      }
      const target = packageOf(posix.join(posix.dirname(file), name));
      return target !== undefined && target !== own;
    });
}

function packageOf(path) {
  return /^packages\/[^/]+/.exec(path)?.[0];
}

/** Returns the faults as text, or undefined. */
export function checkImports(root) {
  const patterns = ["*.ts", "*.mts", "*.js", "*.mjs", "*.cjs"];
  const { stdout } = spawnSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", ...patterns],
    { cwd: root, encoding: "utf8" },
  );
  const faults = stdout
    .split("\n")
    .filter((file) => file !== "")
    .flatMap((file) =>
      foreignReferences(file, readFileSync(join(root, file), "utf8")).map(
        (name) => `${file} uses ${name}, a file of another package. Import the package's name`,
      ),
    );
  return faults.length === 0 ? undefined : faults.join("\n");
}

// Checks that docs/architecture.md has a row for each package, with the packages that it depends
// on. The file names in it are checked together with those of other documents.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const row = /^\| \[([a-z0-9-]+)\]\(\.\.\/packages\/[^)]+\) \| ([^|]*)\|/gm;

/**
 * Returns the faults of the table. The command's row may say "all clients, emulator".
 *
 * @param dependencies The names of the packages that each package depends on, by its folder.
 */
export function tableFaults(markdown, dependencies) {
  const rows = new Map([...markdown.matchAll(row)].map(([, name, cell]) => [name, cell.trim()]));
  const faults = [];
  for (const [name, needed] of Object.entries(dependencies)) {
    const cell = rows.get(name);
    const expected = [...needed].sort().join(", ");
    rows.delete(name);
    if (cell === "all clients, emulator") {
      continue;
    }
    if (cell === undefined) {
      faults.push(`the table has no row for the package ${name}`);
    } else if (cell.split(", ").sort().join(", ") !== expected) {
      faults.push(`the row of ${name} must name its dependencies: ${expected || "none"}`);
    }
  }
  for (const name of rows.keys()) {
    faults.push(`the table has a row for ${name}, but there is no such package`);
  }
  return faults;
}

/** Returns the faults as text, or undefined. */
export function checkArchitecture(root) {
  const scope = "@loggregator/";
  const dependencies = {};
  for (const folder of readdirSync(join(root, "packages"))) {
    const file = join(root, "packages", folder, "package.json");
    const { dependencies: all = {}, optionalDependencies = {} } = JSON.parse(
      readFileSync(file, "utf8"),
    );
    dependencies[folder] = Object.keys({ ...all, ...optionalDependencies })
      .filter((name) => name.startsWith(scope))
      .map((name) => name.slice(scope.length));
  }
  const file = "docs/architecture.md";
  const faults = tableFaults(readFileSync(join(root, file), "utf8"), dependencies);
  return faults.length === 0 ? undefined : faults.map((fault) => `${file}: ${fault}`).join("\n");
}

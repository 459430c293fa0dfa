// Runs a command with pnpm on the PATH, in the version that package.json names: `node
// tools/withPnpm.mjs changeset publish`. Changesets publishes with pnpm, and npx fetches it if it
// is not installed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const { status, error } = spawnSync(
  "npx",
  ["--yes", `--package=${packageManager}`, "--", ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit", shell: process.platform === "win32" },
);
if (error) {
  throw error;
}
process.exitCode = status ?? 1;

// Makes a fresh clone ready: installs the dependencies when the lockfile asks for it, then builds.
// Needs Node.js and npm alone; pnpm is fetched by npx where it is not the caller.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { packageManager } = JSON.parse(read("package.json"));

// pnpm keeps the lockfile it installed from beside what it installed.
if (read("pnpm-lock.yaml") !== read("node_modules/.pnpm/lock.yaml")) {
  run("npx", ["--yes", packageManager, "install", "--frozen-lockfile"]);
}
run(process.execPath, ["node_modules/typescript/bin/tsc", "-b"]);

function read(path) {
  try {
    return readFileSync(new URL(path, `file://${root}`), "utf8");
  } catch {
    return undefined;
  }
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // What the set-up prints is not the output of the command that asked for it.
    stdio: ["ignore", process.stderr, process.stderr],
    shell: process.platform === "win32",
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

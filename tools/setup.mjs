// Prepares a fresh clone: installs the dependencies if the lockfile has changed, then builds
// (unless given --no-build). Needs Node.js and npm alone; npx fetches pnpm.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

// pnpm keeps the lockfile of the last installation in node_modules.
if (read("pnpm-lock.yaml") !== read("node_modules/.pnpm/lock.yaml")) {
  const { packageManager } = JSON.parse(read("package.json"));
  run("npx", ["--yes", `--package=${packageManager}`, "pnpm", "install", "--frozen-lockfile"]);
}
if (!process.argv.includes("--no-build")) {
  removeStaleOutput();
  copyNotice();
  generatePlain();
  run(process.execPath, ["node_modules/typescript/bin/tsc", "-b"]);
  run(process.execPath, ["packages/loggregator/ui/bundle.mjs"]);
  run(process.execPath, ["packages/loggregator/dist/manual/writeManual.js"]);
}

function read(path) {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}

/** Copies NOTICE into each package, because pnpm packs only the LICENSE of the root by itself. */
function copyNotice() {
  for (const name of readdirSync(join(root, "packages"))) {
    copyFileSync(join(root, "NOTICE"), join(root, "packages", name, "NOTICE"));
  }
}

/** Generates the benchmarks' peer `plain` if its inputs have changed. */
function generatePlain() {
  const proto = readdirSync(join(root, "proto"), { recursive: true })
    .filter((file) => file.endsWith(".proto"))
    .map((file) => join("proto", file));
  const inputs = ["bench/buf.gen.yaml", "pnpm-lock.yaml", ...proto.sort()].map(read).join("\0");
  const hash = createHash("sha256").update(inputs).digest("hex");
  if (read("bench/plain/inputs.sha256") === hash) {
    return;
  }
  const bin = join(root, "node_modules/.bin");
  run(join(bin, "buf"), ["generate", "--template", "bench/buf.gen.yaml"]);
  writeFileSync(join(root, "bench/plain/inputs.sha256"), hash);
}

/**
 * Removes the output of deleted sources, which would otherwise be published. The compiler then
 * rebuilds the package, as it does not detect restored sources.
 */
function removeStaleOutput() {
  for (const name of readdirSync(join(root, "packages"))) {
    const folder = join(root, "packages", name);
    const output = join(folder, "dist");
    if (!existsSync(output)) {
      continue;
    }
    const files = readdirSync(output, { recursive: true });
    const stale = files.filter((file) => {
      const built = /^(.+?)(\.d\.ts|\.js)$/.exec(file);
      // `dist/ui` is bundled from `ui`, everything else is compiled from `src`.
      const sources = ["src", ""].map((from) => join(folder, from, `${built?.[1]}.ts`));
      const hasSource = sources.some((source) => existsSync(source));
      return (built !== null && !hasSource) || file.endsWith(".map");
    });
    if (stale.length === 0) {
      continue;
    }
    const builds = files.filter((file) => file.endsWith(".tsbuildinfo"));
    for (const file of [...stale, ...builds]) {
      rmSync(join(output, file));
    }
  }
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // Written to stderr: it is not output of the script that runs the setup.
    stdio: ["ignore", process.stderr, process.stderr],
    shell: process.platform === "win32",
  });
  if (error) {
    throw error;
  }
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

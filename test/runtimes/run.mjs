// Runs the unit tests of the packages that do not need Node.js in another runtime:
//   node test/runtimes/run.mjs bun
//   node test/runtimes/run.mjs deno packages/core
// npx fetches the runtime, so that neither is a dependency of this repository.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const commands = {
  // --bun: vitest starts its workers with Bun instead of Node.js.
  bun: ["--package=bun@1.4", "--", "bun", "--bun"],
  deno: ["--package=deno@2.9", "--", "deno", "run", "--allow-all"],
};
const [runtime, ...filters] = process.argv.slice(2);
const command = commands[runtime];
if (command === undefined) {
  console.error(`name a runtime: ${Object.keys(commands).join(" or ")}, got ${runtime}`);
  process.exit(2);
}
const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.workspace.ts"];
const child = spawn("npx", ["--yes", ...command, ...vitest, "--project", "runtimes", ...filters], {
  cwd: fileURLToPath(new URL("../..", import.meta.url)),
  env: { ...process.env, TEST_RUNTIME: runtime },
  stdio: "inherit",
  shell: process.platform === "win32",
});
const [code] = await once(child, "close");
process.exitCode = code ?? 1;

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Builds the site once for all tests. */
export async function setup(): Promise<void> {
  const build = fileURLToPath(new URL("build.mjs", import.meta.url));
  await promisify(execFile)(process.execPath, [build]);
}

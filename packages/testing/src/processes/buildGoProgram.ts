import { spawnSync } from "node:child_process";

/**
 * Builds a Go program. Returns undefined if there is no Go on the PATH; throws if it does not build.
 *
 * @param source The folder of its main package.
 * @param program The file to write.
 */
export function buildGoProgram(source: string, program: string): string | undefined {
  if (spawnSync("go", ["version"]).error !== undefined) {
    return undefined;
  }
  const { status } = spawnSync("go", ["build", "-o", program, "."], {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: "0" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) {
    throw new Error(`go build in ${source} failed with exit code ${status}`);
  }
  return program;
}

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** Runs a command to its end and returns its output; the error of a failure contains all of it. */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<string> {
  const child = spawn(command, args, {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 180_000,
  });
  const exit = new Promise<string | undefined>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve(code === 0 ? undefined : `ended with ${signal ?? code}`);
    });
  });
  const [output, errors, failure] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    exit,
  ]);
  if (failure !== undefined) {
    throw new Error(`${[command, ...args].join(" ")} ${failure}\n${output}${errors}`);
  }
  return output;
}

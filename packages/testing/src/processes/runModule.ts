import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs the text of an ES module in a separate process to its end. Returns its standard output. */
export async function runModule(text: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", text],
    { timeout: 60_000 },
  );
  return stdout;
}

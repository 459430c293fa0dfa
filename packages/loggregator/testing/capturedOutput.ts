import { onTestFinished, vi } from "vitest";

/** The output of a command that runs in the test's process. */
export interface CapturedOutput {
  stdout: string;
  stderr: string;
}

/**
 * Captures the output of commands until the test ends, and removes the variables of the user who
 * runs the tests from the environment.
 */
export function captureOutput(): CapturedOutput {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      output[name] += String(text);
      return true;
    });
  }
  for (const name of Object.keys(process.env)) {
    if (/^LOGGREGATOR_|^CF_|^NOZZLE_/.test(name)) {
      vi.stubEnv(name, undefined);
    }
  }
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  return output;
}

import { execFile } from "node:child_process";
import { withoutTokens } from "@loggregator/core/http";
import { readCfTarget } from "./cfTarget.js";

const timeoutMs = 30_000;

/**
 * Returns the token of the user who is logged in with the `cf` command.
 *
 * @throws an error with the code ENOENT if there is no such command; otherwise one with the
 * command's message.
 */
export function cfToken(signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("cf", ["oauth-token"], { timeout: timeoutMs, signal }, (error, stdout, stderr) => {
      // Older versions print more than the token.
      const lines = stdout.split("\n").map((line) => line.trim());
      const line = lines.find((line) => /^bearer /i.test(line));
      if (error === null && line !== undefined) {
        return resolve(line.slice("bearer ".length).trim());
      }
      if (error?.code === ("ENOENT" as unknown)) {
        return reject(error);
      }
      // Not error.message, which repeats the output of the command.
      const reason = stderr.trim().split("\n").at(-1) || "it printed no token";
      reject(new Error(`cf oauth-token: ${withoutTokens(reason)}`));
    });
  });
}

/** The API that the `cf` command is logged in to, or undefined if that is not known. */
export async function cfTarget(): Promise<URL | undefined> {
  return (await readCfTarget()).api;
}

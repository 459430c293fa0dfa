import { execFile } from "node:child_process";
import { isIP } from "node:net";
import type { TokenFunction } from "@loggregator/rlp-gateway";
import { UsageError } from "../errors.js";
import type { Tell } from "./source.js";

/**
 * The token for a gateway: the one given, or that of whoever is logged in with the `cf` command
 * where that is installed, asked for anew when the gateway refuses the last one.
 *
 * A token that nobody gave for this URL goes nowhere unencrypted but to this machine.
 *
 * @throws UsageError for one that can't be.
 */
export async function findToken(
  url: URL,
  given: string | undefined,
  tell: Tell,
): Promise<string | TokenFunction | undefined> {
  if (given) {
    if (/^(?:bearer\s+)?[\x21-\x7e]+\s*$/i.test(given)) return given;
    throw new UsageError(
      `--token: expected visible ASCII characters, got a token of ${given.length} characters with others in it`,
    );
  }
  if (url.protocol !== "https:" && !isLoopback(url.hostname)) return undefined;
  let token: string | undefined;
  try {
    token = await cfToken();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") tell(`reading without a token: ${message}`);
    return undefined;
  }
  return async ({ refresh, signal }) => {
    if (refresh || token === undefined) return cfToken(signal);
    const first = token;
    // From the next connection on the command is asked, which knows whether it has expired.
    token = undefined;
    return first;
  };
}

/** @throws an error with the code ENOENT where there is no such command; one with its own words otherwise. */
function cfToken(signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("cf", ["oauth-token"], { timeout: 30_000, signal }, (error, stdout, stderr) => {
      // Older ones say more than the token.
      const token = /^bearer\s+(\S+)\s*$/im.exec(stdout)?.[1];
      if (error === null && token !== undefined) return resolve(token);
      if (error?.code === ("ENOENT" as unknown)) return reject(error);
      // Not error.message, which repeats what the command printed.
      const said = stderr.trim().split("\n").at(-1) || "it printed no token";
      reject(new Error(`cf oauth-token: ${said}`));
    });
  });
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

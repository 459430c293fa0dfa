import { execFile } from "node:child_process";
import { abortable, checkOptionNames, nonEmptyString, positiveMs } from "@loggregator/core";
import { withoutTokens } from "@loggregator/core/http";
import { TokenError } from "../errors.js";
import { parseToken } from "../token/parseToken.js";
import { tokenExpiry } from "../token/tokenExpiry.js";
import { checkTokenRequest, type TokenRequest } from "../token/tokenFunction.js";
import { readCfConfig } from "./cfConfig.js";

/** Options of `cfCliToken`. */
export interface CfCliTokenOptions {
  /**
   * The name or the path of the command.
   *
   * @default "cf"
   */
  readonly command?: string | undefined;
  /**
   * The directory that contains `.cf`.
   *
   * @default `CF_HOME`, or the home directory
   */
  readonly home?: string | undefined;
  /**
   * The time limit of the command in milliseconds. Raise it if UAA responds slowly.
   *
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
}

/** The remaining lifetime below which a token is not used, in milliseconds. */
const renewBeforeMs = 60_000;

/**
 * Creates a token function for the user who is logged in with the cf command. It returns the token
 * in cf's configuration while that is valid for another minute, and otherwise runs `cf
 * oauth-token`, which renews it. Only the command writes the configuration. Concurrent callers
 * share one run of the command, which is killed when the signals of all have aborted.
 *
 * The function throws `TokenError`, which is not `retryable` if the command does not exist (its
 * `cause` has the code ENOENT) or no user is logged in.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option.
 */
export function cfCliToken(
  options: CfCliTokenOptions = {},
): (request?: Partial<TokenRequest>) => Promise<string> {
  checkOptionNames<CfCliTokenOptions>("options", options, {
    command: true,
    home: true,
    timeoutMs: true,
  });
  const command = nonEmptyString("command", options.command ?? "cf");
  const home = options.home === undefined ? undefined : nonEmptyString("home", options.home);
  const timeoutMs = positiveMs("timeoutMs", options.timeoutMs ?? 30_000);
  let run: CommandRun | undefined;
  return async (request = {}) => {
    checkTokenRequest(request);
    const { refresh = false, signal } = request;
    const stored = refresh ? undefined : parseToken((await readCfConfig(home))?.accessToken);
    if (stored !== undefined && tokenExpiry(stored) - Date.now() > renewBeforeMs) {
      return stored;
    }
    if (run === undefined || run.ended) {
      run = new CommandRun(command, home, timeoutMs);
    }
    return run.token(signal);
  };
}

/** A run of the command that callers share. */
class CommandRun {
  readonly #token: Promise<string>;
  readonly #kill = new AbortController();
  #callers = 0;

  constructor(command: string, home: string | undefined, timeoutMs: number) {
    this.#token = runCommand(command, home, timeoutMs, this.#kill.signal);
  }

  /** Whether the command has ended, or no caller waits for it any longer. */
  get ended(): boolean {
    return this.#kill.signal.aborted;
  }

  async token(signal: AbortSignal = this.#kill.signal): Promise<string> {
    this.#callers++;
    try {
      return await abortable(signal, this.#token);
    } finally {
      this.#callers--;
      if (this.#callers === 0) {
        this.#kill.abort();
      }
    }
  }
}

function runCommand(
  command: string,
  home: string | undefined,
  timeout: number,
  signal: AbortSignal,
): Promise<string> {
  const env = home === undefined ? process.env : { ...process.env, CF_HOME: home };
  return new Promise((resolve, reject) => {
    execFile(command, ["oauth-token"], { timeout, env, signal }, (error, stdout, stderr) => {
      // Older versions print more than the token.
      const line = stdout.split("\n").find((line) => /^\s*bearer /i.test(line));
      const token = parseToken(line);
      if (error === null && token !== undefined) {
        resolve(token);
        return;
      }
      const isMissing = (error?.code as unknown) === "ENOENT";
      const isLate = error?.killed === true;
      // Not error.message, which repeats what the command printed.
      const reason = withoutTokens(stderr.trim().split("\n").at(-1) || "it printed no token");
      const message = isMissing
        ? `${command} oauth-token: there is no such command. Install cf, or set command to its path`
        : isLate
          ? `${command} oauth-token: timed out after ${timeout} ms`
          : `${command} oauth-token: ${reason.replace(/\.$/, "")}. Log in with cf login`;
      reject(new TokenError(message, { retryable: isLate, ...(isMissing && { cause: error }) }));
    });
  });
}

import { CommandError } from "../../errors.js";

/** Creates the error for an address that cannot be listened on. */
export function listenError(flag: string, cause: NodeJS.ErrnoException): CommandError {
  const reason = cause.code === "EADDRINUSE" ? "the port is taken" : cause.message;
  return new CommandError(`${flag}: cannot listen: ${reason}; choose another address`, { cause });
}

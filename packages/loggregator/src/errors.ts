/** Ends a command. The message is one line with the failure, its cause and a remedy. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  /** The exit code of the process: 1, failed; 2, wrong usage; 130, interrupted. */
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: 1 | 2 | 130 } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The command line, the environment or an input line is invalid. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";

  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, exitCode: 2 });
  }
}

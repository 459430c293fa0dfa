/** What ends a command. The message is one line for people: what was expected, what came, what to do. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  /** Of the process: 1, it could not be done; 2, it was asked for wrongly; 130, it was interrupted half-way. */
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: 1 | 2 | 130 } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The command line, the environment or an input line can't be meant. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";

  constructor(message: string) {
    super(message, { exitCode: 2 });
  }
}

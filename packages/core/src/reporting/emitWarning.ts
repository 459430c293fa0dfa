interface NodeProcess {
  emitWarning?(warning: string, options: { type: string }): void;
}

/** Prints a warning with `process.emitWarning`, or with `console.warn` in browsers. */
export function emitWarning(message: string): void {
  const { process } = globalThis as { process?: NodeProcess };
  if (typeof process?.emitWarning === "function") {
    process.emitWarning(message, { type: "LoggregatorWarning" });
  } else {
    console.warn(message);
  }
}

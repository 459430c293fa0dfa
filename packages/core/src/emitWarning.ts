interface NodeProcess {
  emitWarning?(warning: string, options: { type: string }): void;
}

/** Reports something through `process.emitWarning`, in browsers through `console.warn`. */
export function emitWarning(message: string): void {
  const { process } = globalThis as { process?: NodeProcess };
  if (typeof process?.emitWarning === "function") {
    process.emitWarning(message, { type: "LoggregatorWarning" });
  } else {
    console.warn(message);
  }
}

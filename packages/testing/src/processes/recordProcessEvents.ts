/** Events that a process reports in addition to the output of its program. */
export interface ProcessEvents extends Disposable {
  /** The warnings of `process.emitWarning`, MaxListenersExceededWarning among them. */
  readonly warnings: readonly Error[];
  /** The reasons of unhandled rejections. */
  readonly unhandledRejections: readonly unknown[];
  /** Resolves once events that are due have been recorded. */
  settled(): Promise<void>;
}

/** Records warnings and unhandled rejections of this process until it is disposed. */
export function recordProcessEvents(): ProcessEvents {
  const warnings: Error[] = [];
  const unhandledRejections: unknown[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  const onRejection = (reason: unknown) => void unhandledRejections.push(reason);
  process.on("warning", onWarning);
  process.on("unhandledRejection", onRejection);
  return {
    warnings,
    unhandledRejections,
    async settled() {
      // Warnings are emitted on the next tick, rejections after the microtasks of a turn.
      for (let turn = 0; turn < 2; turn++) {
        await new Promise(setImmediate);
      }
    },
    [Symbol.dispose]() {
      process.off("warning", onWarning);
      process.off("unhandledRejection", onRejection);
    },
  };
}

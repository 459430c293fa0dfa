import { AbortError } from "abort-controller-x";

/** One for all: to make one, with its stack, takes longer than to emit fifty envelopes. */
const unneeded = new AbortError();

/** A signal that aborts when one of several does, or at `abort()`: call that once it is not needed any more. */
export function eitherSignal(...signals: readonly (AbortSignal | undefined)[]): {
  readonly signal: AbortSignal;
  readonly abort: (reason?: unknown) => void;
} {
  const either = new AbortController();
  const abort = (reason: unknown = unneeded) => {
    for (const signal of signals) signal?.removeEventListener("abort", forward);
    either.abort(reason);
  };
  const forward = () => abort(signals.find((signal) => signal?.aborted)?.reason);
  for (const signal of signals) signal?.addEventListener("abort", forward);
  if (signals.some((signal) => signal?.aborted)) forward();
  return { signal: either.signal, abort };
}

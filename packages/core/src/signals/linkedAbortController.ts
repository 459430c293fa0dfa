import { onAbort } from "#onAbort";
import { StallTimer } from "./stallTimer.js";

/** A controller that follows other signals. Call `abort()` once it is no longer needed. */
export interface LinkedAbortController {
  readonly signal: AbortSignal;
  /** Aborts the signal, and stops following the others. */
  abort(reason?: unknown): void;
}

/**
 * The default reason. All controllers share it, because creating an error with a stack takes longer
 * than emitting 50 envelopes.
 */
const unneeded: unknown = AbortSignal.abort().reason;

/**
 * Creates an AbortController that aborts when one of `signals` does, with its reason. Unlike
 * `AbortSignal.any`, it holds strong references, so it cannot be collected before the others.
 */
export function linkedAbortController(
  ...signals: readonly (AbortSignal | undefined)[]
): LinkedAbortController {
  const controller = new AbortController();
  const unlink: (() => void)[] = [];
  const abort = (reason: unknown = unneeded) => {
    for (const remove of unlink) {
      remove();
    }
    controller.abort(reason);
  };
  for (const signal of signals) {
    // A listener added after the abort would never be removed.
    if (controller.signal.aborted) {
      break;
    }
    unlink.push(onAbort(signal, () => abort(signal?.reason)));
  }
  return { signal: controller.signal, abort };
}

/**
 * Creates a linked controller that also aborts after `timeoutMs` milliseconds, with the value that
 * `reason` returns. `Infinity` sets no timer. `abort()` clears the timer.
 *
 * As with every `StallTimer`, time in which the process could not run does not count, and pending
 * I/O is handled first, so that data that arrived in time is not missed.
 */
export function linkedTimeout(
  timeoutMs: number,
  reason: () => unknown,
  ...signals: readonly (AbortSignal | undefined)[]
): LinkedAbortController {
  const linked = linkedAbortController(...signals);
  // Not `AbortSignal.timeout`: its timer is held weakly and may never fire.
  const timer = new StallTimer(timeoutMs, () => linked.abort(reason()));
  timer.start();
  onAbort(linked.signal, () => timer.stop());
  return linked;
}

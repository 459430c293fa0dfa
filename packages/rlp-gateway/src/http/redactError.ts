import type { Redact } from "./redactor.js";

/** Longer chains of causes are cut. */
const maxDepth = 8;

/** The fields of errors that programs look at. */
const fields = ["code", "errno", "syscall", "address", "port", "hostname"] as const;

/**
 * Copies an error and its causes without secrets. Only the name, the message, the stack and a few
 * well-known fields are copied: other libraries attach requests, and with them their headers.
 */
export function redactError(error: unknown, redact: Redact, depth = 0): Error {
  if (!(error instanceof Error)) return new Error(redact(String(error)));
  const copy = new Error(redact(error.message));
  const all: Record<string, unknown> = {
    name: redact(error.name),
    stack: redact(error.stack ?? ""),
  };
  const source = error as unknown as Readonly<Record<(typeof fields)[number], unknown>>;
  for (const field of fields) {
    const value = source[field];
    if (typeof value === "number") all[field] = value;
    else if (typeof value === "string") all[field] = redact(value);
  }
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const cause = error.cause ?? inner[0];
  if (cause !== undefined && depth < maxDepth) all["cause"] = redactError(cause, redact, depth + 1);
  for (const [name, value] of Object.entries(all)) {
    Object.defineProperty(copy, name, { value, configurable: true, writable: true });
  }
  return copy;
}

/** What `fetch` says in Node.js if the reason is in the cause. */
const generic: ReadonlySet<string> = new Set(["fetch failed", "terminated"]);

/** Returns what happened in one line, from the messages of an error and its causes. */
export function reasonOf(error: Error): string {
  const reasons: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { message } = cause;
    const saysNothing = message === "" || (generic.has(message) && cause.cause !== undefined);
    if (!saysNothing && !reasons.some((reason) => reason.includes(message))) reasons.push(message);
  }
  return reasons.length === 0 ? error.name : reasons.join(": ");
}

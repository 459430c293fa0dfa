import { errorText } from "../text/errorText.js";
import type { Redact } from "./redactor.js";

/** The maximum number of causes that are copied. */
const maxDepth = 8;

/**
 * Copies an error and its causes without secrets. Strings and numbers, such as `code`, are copied;
 * objects are not, because other libraries attach requests with their headers. Never throws.
 */
export function redactError(error: unknown, redact: Redact, depth = 0): Error {
  try {
    return error instanceof Error
      ? copyError(error, redact, depth)
      : new Error(redact(errorText(error)));
  } catch {
    // An error thrown by a getter may contain the secret.
    return new Error("an unreadable error");
  }
}

function copyError(error: Error, redact: Redact, depth: number): Error {
  const { cause = (error as Partial<AggregateError>).errors?.[0] } = error;
  const isEnd = cause === undefined || depth === maxDepth;
  const copy = new Error(
    redact(error.message),
    isEnd ? {} : { cause: redactError(cause, redact, depth + 1) },
  );
  const source = error as unknown as Readonly<Record<string, unknown>>;
  for (const field of ["name", "stack", ...Object.keys(error)]) {
    const value = source[field];
    if (typeof value === "string") {
      Object.assign(copy, { [field]: redact(value) });
    } else if (typeof value === "number") {
      Object.assign(copy, { [field]: value });
    }
  }
  return copy;
}

/** Summarizes an error and its causes in one line. */
export function reasonOf(error: Error): string {
  const reasons: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { message } = cause;
    // In Node.js, `fetch` has these messages if the reason is in the cause.
    const isGeneric = cause.cause !== undefined && /^(fetch failed|terminated)$/.test(message);
    if (!isGeneric && !reasons.some((reason) => reason.includes(message))) {
      reasons.push(message);
    }
  }
  return reasons.join(": ") || error.name;
}

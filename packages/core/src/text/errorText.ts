import { formatValue } from "./formatValue.js";

/**
 * Formats a thrown value for log messages: the name and message of an error, a string unchanged,
 * any other value with `formatValue`. Never throws.
 */
export function errorText(error: unknown): string {
  if (typeof error === "string") {
    return error;
  }
  try {
    if (error instanceof Error) {
      return String(error);
    }
  } catch {
    // Its `toString` throws.
  }
  return formatValue(error);
}

import { formatValue } from "./formatValue.js";

/**
 * The text of whatever was thrown, as log messages show it: an error's name and message, a string
 * as it is, any other value as `formatValue` shows it. Never throws.
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
    // Its `toString` fails.
  }
  return formatValue(error);
}

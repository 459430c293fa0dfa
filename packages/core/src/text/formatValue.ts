/** Longer text is truncated, so that messages do not contain whole payloads. */
const maxLength = 60;

/**
 * Characters that terminals and pages interpret: control characters and marks of text direction.
 */
const activeCharacters = /[\p{Cc}\p{Bidi_C}\u2028\u2029\ufeff]/gu;

/**
 * Formats a value for error messages, truncated to 60 characters. The contents of objects are not
 * shown, as they may be secret. Never throws.
 */
export function formatValue(value: unknown): string {
  const type = typeof value;
  if (typeof value === "string") {
    return escapeControls(JSON.stringify(cut(value)));
  }
  if (typeof value === "bigint") {
    return `${cut(String(value))}n`;
  }
  if (typeof value === "object" && value !== null) {
    return formatObject(value);
  }
  if (type === "function" || type === "symbol") {
    return `a ${type}`;
  }
  return Object.is(value, -0) ? "-0" : String(value);
}

function formatObject(value: object): string {
  try {
    if (Array.isArray(value)) {
      return "an array";
    }
    if (value instanceof Date) {
      return value.toJSON() ?? "an invalid Date";
    }
    const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
    if (typeof name === "string" && name !== "Object" && /^[A-Za-z_$][\w$]{0,59}$/.test(name)) {
      return `a${/^[AEIO]/.test(name) ? "n" : ""} ${name}`;
    }
  } catch {
    // A revoked proxy, or a getter that throws.
  }
  return "an object";
}

function cut(text: string): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/**
 * Escapes the characters that terminals and pages interpret, such as `\u001b`, line ends included.
 */
export function escapeControls(text: string): string {
  return text.replace(
    activeCharacters,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Replaces secrets in text that another server or library wrote. With `cut`, the text ends early:
 * what may be the beginning of a secret is taken off its end.
 */
export type Redact = (text: string, cut?: boolean) => string;

const placeholder = "[redacted]";

/** A shorter secret would also be found in the middle of ordinary words. */
const minSecretLength = 4;

/** So many characters in a row are recognized as a part of a secret, for example of a cut one. */
const minPartLength = 12;

/** So many are enough where the text was cut. */
const minStartLength = 3;

/** Longer text, such as an event, is searched for the usual forms only. */
const maxSearchedLength = 128 * 1024;

/** How often an encoding may be nested in another one. */
const maxNesting = 3;

/** Tokens that are not ours, but do not belong into a message either. */
const foreignTokens =
  /eyJ[\w-]{8,}(?:\.[\w-]*)*|(?<=(?:(?:access|refresh|id)_token|client_secret|password)["'\s]{0,4}[:=]["'\s]{0,4})[^"'\s&,}]+/gi;

/**
 * Returns a function that removes the secrets from text.
 *
 * A secret as it is, in base64 or in hex is replaced by a placeholder. The whole text is withheld if
 * it contains a part of a secret otherwise: cut, or in some escaped form (percent-encoding, JSON,
 * HTML), nested or not.
 */
export function redactor(...secrets: readonly (string | undefined)[]): Redact {
  const needles = secrets
    .filter((secret) => secret !== undefined && secret.length >= minSecretLength)
    .flatMap((secret) => encodings(secret as string));
  const parts = new Set(needles.flatMap(partsOf));
  return (text, cut = false) => {
    let redacted = text.replace(foreignTokens, placeholder);
    for (const needle of needles) redacted = redacted.replaceAll(needle, placeholder);
    if (cut) redacted = withoutStart(redacted, needles);
    if (redacted.length > maxSearchedLength) return redacted;
    return containsPart(redacted, parts) ? placeholder : redacted;
  };
}

/** The secret, and its encodings at any position in a longer text. */
function encodings(secret: string): string[] {
  const bytes = Array.from(new TextEncoder().encode(secret));
  const binary = bytes.map((byte) => String.fromCharCode(byte)).join("");
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = [0, 1, 2].map((offset) => {
    // Without the characters at both ends that depend on what is next to the secret.
    const whole = Math.floor(((offset + binary.length) * 4) / 3);
    return btoa("\0".repeat(offset) + binary).slice(Math.ceil((offset * 4) / 3), whole);
  });
  return [secret, ...base64, hex, hex.toUpperCase()];
}

/** The text without a start of a secret at its end. */
function withoutStart(text: string, needles: readonly string[]): string {
  for (let length = minPartLength - 1; length >= minStartLength; length--) {
    const end = text.slice(-length);
    if (needles.some((needle) => needle.startsWith(end)))
      return text.slice(0, -length) + placeholder;
  }
  return text;
}

/** All parts of the length that is searched for, or the needle itself if it is shorter. */
function partsOf(needle: string): string[] {
  const parts = [comparable(needle.slice(0, minPartLength))];
  for (let end = minPartLength + 1; end <= needle.length; end++) {
    parts.push(comparable(needle.slice(end - minPartLength, end)));
  }
  return parts;
}

function containsPart(text: string, parts: ReadonlySet<string>): boolean {
  if (parts.size === 0) return false;
  const short = [...parts].filter(({ length }) => length < minPartLength);
  let decoded = text;
  for (let nesting = 0; nesting <= maxNesting; nesting++) {
    const compared = comparable(decoded);
    if (short.some((part) => compared.includes(part))) return true;
    for (let end = minPartLength; end <= compared.length; end++) {
      if (parts.has(compared.slice(end - minPartLength, end))) return true;
    }
    const next = decodeOnce(decoded);
    if (next === decoded) break;
    decoded = next;
  }
  return false;
}

/** Forms have a plus for a space, and base64 for URLs has other signs. */
function comparable(text: string): string {
  return text.replace(/[ -]/g, "+").replaceAll("_", "/");
}

const escapes =
  /((?:%[\da-f]{2})+)|\\u([\da-f]{4})|\\x([\da-f]{2})|&#x([\da-f]{1,5});|&#(\d{1,6});|&(amp|lt|gt|quot|apos);|\\([^\w\s])/gi;

const names: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** Decodes one level of percent-encoding, of JSON's escapes and of HTML's references. */
function decodeOnce(text: string): string {
  return text.replace(escapes, (_, run, utf16, byte, hex, decimal, name, character) => {
    if (run !== undefined) {
      const bytes = run
        .slice(1)
        .split("%")
        .map((digits: string) => Number.parseInt(digits, 16));
      return new TextDecoder().decode(Uint8Array.from(bytes));
    }
    const digits = utf16 ?? byte ?? hex;
    if (digits !== undefined) return String.fromCodePoint(Number.parseInt(digits, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return character ?? names[name.toLowerCase()];
  });
}

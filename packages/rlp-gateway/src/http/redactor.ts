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
 * Returns a function that removes the secrets from text, also where they are escaped (JSON, HTML,
 * percent-encoding), encoded (base64, hex), nested in each other, or cut.
 *
 * A usual form is replaced by a placeholder. If a part of a secret is left in some other form, the
 * whole text is withheld.
 */
export function redactor(...secrets: readonly (string | undefined)[]): Redact {
  const needles = secrets
    .filter((secret) => secret !== undefined && secret.length >= minSecretLength)
    .flatMap((secret) => encodings(secret as string));
  const escaped = needles.flatMap(escapedForms).sort((a, b) => b.length - a.length);
  const parts = partsOf(needles);
  return (text, cut = false) => {
    let redacted = text.replace(foreignTokens, placeholder);
    for (const form of escaped) redacted = redacted.replaceAll(form, placeholder);
    if (cut) redacted = withoutStart(redacted, escaped);
    if (redacted.length > maxSearchedLength) return redacted;
    return containsPart(redacted, needles, parts) ? placeholder : redacted;
  };
}

/** The text without a start of one of the forms at its end. */
function withoutStart(text: string, forms: readonly string[]): string {
  for (let length = minPartLength - 1; length >= minStartLength; length--) {
    const end = text.slice(-length);
    if (forms.some((form) => form.startsWith(end))) return text.slice(0, -length) + placeholder;
  }
  return text;
}

/** The secret, and its usual encodings at any position in a longer text. */
function encodings(secret: string): string[] {
  const bytes = Array.from(new TextEncoder().encode(secret));
  const binary = bytes.map((byte) => String.fromCharCode(byte)).join("");
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = [0, 1, 2].map((offset) => {
    // Without the characters at both ends that depend on what is next to the secret.
    const whole = Math.floor(((offset + binary.length) * 4) / 3);
    return btoa("\0".repeat(offset) + binary).slice(Math.ceil((offset * 4) / 3), whole);
  });
  const base64Url = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [...new Set([secret, ...base64, ...base64Url, hex, hex.toUpperCase()])];
}

function escapedForms(text: string): string[] {
  const form = String(new URLSearchParams([["", text]])).slice(1);
  return [...new Set([text, JSON.stringify(text).slice(1, -1), form, form.replaceAll("+", "%20")])];
}

/** All parts of the least length. */
function partsOf(needles: readonly string[]): ReadonlySet<string> {
  const parts = new Set<string>();
  for (const needle of needles) {
    for (let at = 0; at + minPartLength <= needle.length; at++) {
      parts.add(comparable(needle.slice(at, at + minPartLength)));
    }
  }
  return parts;
}

function containsPart(
  text: string,
  needles: readonly string[],
  parts: ReadonlySet<string>,
): boolean {
  if (needles.length === 0) return false;
  const short = needles.filter((needle) => needle.length < minPartLength).map(comparable);
  let decoded = text;
  for (let nesting = 0; nesting <= maxNesting; nesting++) {
    const compared = comparable(decoded);
    if (short.some((needle) => compared.includes(needle))) return true;
    for (let at = 0; at + minPartLength <= compared.length; at++) {
      if (parts.has(compared.slice(at, at + minPartLength))) return true;
    }
    const next = decodeOnce(decoded);
    if (next === decoded) break;
    decoded = next;
  }
  return false;
}

/** A plus sign stands for a space in forms. */
function comparable(text: string): string {
  return text.replaceAll("+", " ");
}

const htmlEntities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** Decodes one level of percent-encoding, of JSON's escapes and of HTML's references. */
function decodeOnce(text: string): string {
  return text
    .replace(/(?:%[\da-f]{2})+/gi, (run) =>
      new TextDecoder().decode(
        Uint8Array.from(run.slice(1).split("%"), (digits) => Number.parseInt(digits, 16)),
      ),
    )
    .replace(/\\(?:u([\da-f]{4})|x([\da-f]{2})|([^\w\s]))/gi, (_, utf16, byte, character) =>
      character === undefined ? String.fromCharCode(Number.parseInt(utf16 ?? byte, 16)) : character,
    )
    .replace(/&(?:#(\d{1,6})|#x([\da-f]{1,5})|(amp|lt|gt|quot|apos));/gi, (_, dec, hex, name) =>
      name === undefined
        ? String.fromCodePoint(Number.parseInt(dec ?? hex, dec === undefined ? 16 : 10))
        : (htmlEntities[name.toLowerCase()] as string),
    );
}

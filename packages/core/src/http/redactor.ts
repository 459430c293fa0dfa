/**
 * Replaces secrets in text that another server or library wrote. With `cut`, the text ends early:
 * what may be the beginning of a secret is taken off its end.
 */
export type Redact = (text: string, cut?: boolean) => string;

/** Stands for a secret. */
export const placeholder = "[redacted]";

/** A shorter secret would also be found in the middle of ordinary words. */
const minSecretLength = 4;

/** The number of consecutive characters that are recognized as a part of a secret. */
const partLength = 12;

/** The number that is enough at the position where text was cut. */
const minStartLength = 3;

/** Longer text, such as an event, is searched for the secret itself only. */
const maxSearchedLength = 128 * 1024;

/** The maximum nesting depth of encodings. */
const maxNesting = 3;

/**
 * Returns a function that removes a secret from text.
 *
 * The secret as it is is replaced by a placeholder. The whole text is withheld if it contains a part
 * of the secret otherwise: cut, in base64 or in hex, or in some escaped form (percent-encoding,
 * JSON, HTML), nested or not.
 */
export function redactor(secret = ""): Redact {
  const forms = secret.length < minSecretLength ? [] : formsOf(secret);
  const parts = new Set(forms.map(comparable).flatMap(partsOf));
  const lengths = new Set([...parts].map(({ length }) => length));
  return (text, cut) => {
    let redacted = forms.length === 0 ? text : text.replaceAll(secret, placeholder);
    for (let length = partLength - 1; cut && length >= minStartLength; length--) {
      const end = redacted.slice(-length);
      if (forms.some((form) => form.startsWith(end))) {
        redacted = redacted.slice(0, -length) + placeholder;
      }
    }
    if (redacted.length > maxSearchedLength) {
      return redacted;
    }
    let decoded = redacted;
    for (let nesting = 0; nesting <= maxNesting; nesting++) {
      const compared = comparable(decoded);
      for (const length of lengths) {
        for (let end = length; end <= compared.length; end++) {
          if (parts.has(compared.slice(end - length, end))) {
            return placeholder;
          }
        }
      }
      decoded = decodeOnce(decoded);
    }
    return redacted;
  };
}

/** The secret as text and as bytes, and its encodings at any position in a longer text. */
function formsOf(secret: string): string[] {
  const bytes = Array.from(new TextEncoder().encode(secret));
  const binary = bytes.map((byte) => String.fromCharCode(byte)).join("");
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = [0, 1, 2].map((offset) =>
    // Without the characters at both ends that depend on what is next to the secret.
    btoa(" ".repeat(offset) + binary).slice(
      Math.ceil((offset * 4) / 3),
      Math.floor(((offset + binary.length) * 4) / 3),
    ),
  );
  return [secret, binary, hex, hex.toUpperCase(), ...base64];
}

/** All parts of the length that is searched for, or the form itself if it is shorter. */
function partsOf(form: string): string[] {
  const count = Math.max(1, form.length - partLength + 1);
  return Array.from({ length: count }, (_, start) => form.slice(start, start + partLength));
}

/** Lines are folded, HTML forms have a plus for a space, and base64 for URLs has other signs. */
function comparable(text: string): string {
  return text.replace(/[-_/\s]/g, "+");
}

const escapes =
  /(?:%|\\x)([\da-f]{2})|\\u([\da-f]{4})|&#(x[\da-f]{1,5}|\d{1,6});|&(amp|lt|gt|quot|apos);|\\([^\w\s])/gi;

const characters: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** Decodes one level of percent-encoding (to bytes), of JSON's escapes and of HTML's references. */
function decodeOnce(text: string): string {
  return text.replace(escapes, (_, byte, utf16, reference, name, character) =>
    name === undefined
      ? (character ?? String.fromCodePoint(Number(`0${reference ?? `x${byte ?? utf16}`}`)))
      : (characters[name.toLowerCase()] as string),
  );
}

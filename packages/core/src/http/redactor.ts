/**
 * Replaces secrets in text from another server or library. Pass true for `cut` if the text has been
 * truncated: then a possible beginning of a secret is removed from its end as well.
 */
export type Redact = (text: string, cut?: boolean) => string;

/** Replaces a secret. */
export const placeholder = "[redacted]";

/** The minimum length of a secret. Shorter text is not removed: it also occurs in ordinary words. */
const minSecretLength = 4;

/** The number of consecutive characters that identify a part of a secret. */
const partLength = 12;

/** The same, at the end of truncated text. */
const minStartLength = 3;

/** Longer text, such as an event, is searched only for the unencoded secret. */
const maxSearchedLength = 128 * 1024;

/** The maximum depth of nested encodings. */
const maxNesting = 3;

/**
 * Returns a function that removes a secret from text.
 *
 * The unencoded secret is replaced with a placeholder. The whole text is withheld if it contains a
 * part of the secret in another form: truncated, in base64 or hex, or escaped (percent-encoding,
 * JSON, HTML), possibly nested.
 */
export function redactor(secret = ""): Redact {
  if (secret.length < minSecretLength) {
    return (text) => text;
  }
  const forms = formsOf(secret).map(comparable);
  const length = Math.min(partLength, ...forms.map((form) => form.length));
  const parts = new Set(forms.flatMap((form) => partsOf(form, length)));
  return (text, cut) => {
    let redacted = text.replaceAll(secret, placeholder);
    for (let count = partLength - 1; cut && count >= minStartLength; count--) {
      const end = comparable(redacted.slice(-count));
      if (forms.some((form) => form.startsWith(end))) {
        redacted = redacted.slice(0, -count) + placeholder;
      }
    }
    if (redacted.length > maxSearchedLength) {
      return redacted;
    }
    let decoded = redacted;
    for (let nesting = 0; nesting <= maxNesting; nesting++) {
      if (partsOf(comparable(decoded), length).some((part) => parts.has(part))) {
        return placeholder;
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
  const base64 = ["", " ", "  "].map((before, count) =>
    // Without the characters at both ends, which depend on the text next to the secret.
    btoa(before + binary)
      .replace(/.=+$/, "")
      .slice(count && count + 1),
  );
  return [secret, binary, hex, ...base64];
}

function partsOf(text: string, length: number): string[] {
  const count = text.length - length + 1;
  return Array.from({ length: count }, (_, start) => text.slice(start, start + length));
}

/**
 * Normalizes text so that its escaped forms compare equal: removes backslashes, replaces each HTML
 * entity (also escaped again, as in `&amp;quot;`) and each character other than a letter or digit
 * with a plus, and converts to lower case, because hex and base64url have more than one form.
 */
function comparable(text: string): string {
  return text
    .replace(/\\/g, "")
    .replace(/&(?:amp;)*[a-z]+;|[\W_]/g, "+")
    .toLowerCase();
}

const escapes = /(?:%|\\x)([\da-f]{2})|\\u([\da-f]{4})|&(?:amp;)*#(x[\da-f]{1,5}|\d{1,6});/gi;

/** Decodes one level of percent-encoding (to bytes), JSON escapes and numeric HTML entities. */
function decodeOnce(text: string): string {
  return text.replace(escapes, (_, byte, utf16, reference) =>
    String.fromCodePoint(Number(`0${reference ?? `x${byte ?? utf16}`}`)),
  );
}

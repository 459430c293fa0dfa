import { placeholder, type Redact, redactor } from "@loggregator/core/http";

/** Matches tokens and secrets by their form or their name, in JSON, forms and text. */
const tokens =
  /eyJ[\w-]{8,}(?:\.[\w-]*)*|(?<=(?:(?:access|refresh|id)_token|client_secret|password)["'\s]{0,4}[:=]["'\s]{0,4})[^"'\s&,}]+/gi;

/** Returns a function that removes a secret and all tokens from responses of a token server. */
export function tokenRedactor(secret: string): Redact {
  const redact = redactor(secret);
  return (text, cut) => redact(text.replace(tokens, placeholder), cut);
}

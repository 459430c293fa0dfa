/**
 * Parses JSON as `JSON.parse` does, except that integers that a number cannot represent exactly
 * become bigints.
 *
 * @throws SyntaxError for text that is not JSON.
 */
export function parseJson(text: string): unknown {
  const json: unknown = JSON.parse(text);
  // The gateway writes 64-bit integers as strings, so this is rare.
  if (longNumber.test(text)) {
    restoreLongNumbers(json, JSON.parse(quoteLongNumbers(text)));
  }
  return json;
}

/** Matches more digits than a JavaScript number can hold, in an integer or before an exponent. */
const longNumber = /[:\s]-?(?:\d{16}|\d[\d.]{15,}[eE]\+?\d)/;
/** Matches a quote, an escape, or a number, including text in strings that looks like a number. */
const token = /"|\\.|-?\d[\d.eE+-]*/g;

/** Returns the same JSON with strings in place of numbers of 16 or more characters. */
function quoteLongNumbers(text: string): string {
  let isInString = false;
  return text.replace(token, (match) => {
    if (match === '"') {
      isInString = !isInString;
    }
    return isInString || match.length < 16 ? match : `"${match}"`;
  });
}

type Holder = Record<string, unknown>;

/**
 * Restores the integers in `json` that have lost digits, as bigints. `quoted` is the same JSON with long
 * numbers as strings: a number in `json` that is a string in `quoted` is one of them.
 */
function restoreLongNumbers(json: unknown, quoted: unknown): void {
  const open: [unknown, unknown][] = [[json, quoted]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [holder, twin] = pair as [Holder | null, Holder];
    if (typeof holder !== "object" || holder === null) {
      continue;
    }
    for (const key of Object.keys(holder)) {
      const [value, digits] = [holder[key], twin[key]];
      if (typeof value === "object") {
        open.push([value, digits]);
      }
      // Zero is kept as a number: it may be -0, which no bigint can represent.
      else if (typeof value === "number" && typeof digits === "string") {
        holder[key] = exactInteger(digits) || value;
      }
    }
  }
}

/** A number in JSON's form: sign, digits, digits of the fraction, exponent. */
export const jsonNumber = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Returns the exact integer for a number in JSON's form: 1.5e1 is an integer, 1.5 is not. */
export function exactInteger(number: string): bigint | undefined {
  const parts = jsonNumber.exec(number);
  if (parts === null) {
    return undefined;
  }
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = whole + fraction;
  if (/^0*$/.test(digits)) {
    return 0n;
  }
  // The position of the decimal point among the digits. A uint64 has 20 digits; the rest are zeros.
  const point = whole.length + Number(exponent);
  if (point < 1 || point > 40 || /[1-9]/.test(digits.slice(point))) {
    return undefined;
  }
  return BigInt(sign + digits.slice(0, point).padEnd(point, "0"));
}

import { isUtf8 } from "node:buffer";

/** Go rejects queries with more parameters: `net/url` then returns none. */
const maxParameters = 10_000;

/** The parameters of a query, parsed as Go's `net/url` does it. */
export class QueryParameters {
  readonly #values = new Map<string, string[]>();
  #isUtf8 = true;

  /** @param query The part after the `?`. */
  constructor(query: string) {
    const parts = query.split("&", maxParameters + 1);
    if (parts.length > maxParameters) {
      return;
    }
    for (const part of parts) {
      // A part with a semicolon or a broken escape is dropped, silently.
      if (part === "" || part.includes(";")) {
        continue;
      }
      const equals = part.indexOf("=");
      const name = this.#unescape(equals < 0 ? part : part.slice(0, equals));
      const value = this.#unescape(equals < 0 ? "" : part.slice(equals + 1));
      if (name === undefined || value === undefined) {
        continue;
      }
      const values = this.#values.get(name);
      if (values === undefined) {
        this.#values.set(name, [value]);
      } else {
        values.push(value);
      }
    }
  }

  /** The number of distinct names. */
  get size(): number {
    return this.#values.size;
  }

  /** Whether all names and values are UTF-8. */
  get isUtf8(): boolean {
    return this.#isUtf8;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Returns the values of a name, in order. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  #unescape(text: string): string | undefined {
    if (/^[\w.~*-]*$/.test(text)) {
      return text;
    }
    if (/%(?![\da-f]{2})/i.test(text)) {
      return undefined;
    }
    // Node.js reads the request line as latin1.
    const bytes = Buffer.from(
      text
        .replaceAll("+", " ")
        .replace(/%[\da-f]{2}/gi, (hex) => String.fromCharCode(Number.parseInt(hex.slice(1), 16))),
      "latin1",
    );
    if (!isUtf8(bytes)) {
      this.#isUtf8 = false;
    }
    return bytes.toString();
  }
}

import { goQuoted } from "./goQuoted.js";

export type TokenType =
  | "error"
  | "end"
  | "identifier"
  | "metric identifier"
  | "string"
  | "number"
  | "duration"
  | "punctuation"
  | "operator"
  | "aggregator"
  | "keyword";

/** A token. `text` is its lower-case word for operators, aggregators and keywords. */
export interface Token {
  readonly type: TokenType;
  readonly text: string;
  /** The position of its start, in UTF-16 code units. */
  readonly at: number;
}

const keywords: Readonly<Record<string, TokenType>> = {
  and: "operator",
  or: "operator",
  unless: "operator",
  sum: "aggregator",
  avg: "aggregator",
  count: "aggregator",
  min: "aggregator",
  max: "aggregator",
  stddev: "aggregator",
  stdvar: "aggregator",
  topk: "aggregator",
  bottomk: "aggregator",
  count_values: "aggregator",
  quantile: "aggregator",
  offset: "keyword",
  by: "keyword",
  without: "keyword",
  on: "keyword",
  ignoring: "keyword",
  group_left: "keyword",
  group_right: "keyword",
  bool: "keyword",
  inf: "number",
  nan: "number",
};

/** Splits a query into tokens, as Prometheus 2.13 does, with its error texts. */
export class Lexer {
  readonly #input: string;
  #at = 0;
  #depth = 0;
  #inBraces = false;
  #inBrackets = false;
  #hasColon = false;
  #ended = false;
  /** An error that follows the token that was returned last. */
  #following: Token | undefined;

  constructor(input: string) {
    this.#input = input;
  }

  /** Returns the next token; after an error or the end, errors without text. */
  next(): Token {
    if (this.#ended) {
      return { type: "error", text: "", at: 0 };
    }
    if (this.#following !== undefined) {
      this.#ended = true;
      return this.#following;
    }
    this.#match(/(?:[ \t\r\n]|#[^\r\n]*)*/y);
    const token = this.#inBraces ? this.#insideBraces() : this.#outside();
    this.#ended = token.type === "error" || token.type === "end";
    return token;
  }

  #outside(): Token {
    const at = this.#at;
    const char = this.#char();
    if (char === "") {
      if (this.#depth > 0) {
        return this.#error("unclosed left parenthesis");
      }
      return this.#inBrackets
        ? this.#error("unclosed left bracket")
        : { type: "end", text: "", at };
    }
    if (/[0-9]|\.[0-9]/y.test(this.#input.slice(at, at + 2))) {
      return this.#numberOrDuration("bad number or duration syntax");
    }
    if (/["'`]/.test(char)) {
      return this.#string();
    }
    if (/[a-z_:]/i.test(char)) {
      return this.#inBrackets ? this.#colon(char) : this.#word();
    }
    const operator = this.#match(/==|!=|<=|>=|[-+*/%^<>]/y);
    if (operator !== "") {
      return { type: "operator", text: operator, at };
    }
    if (char === "=" && this.#input[at + 1] === "~") {
      return this.#error("unexpected character after '=': '~'");
    }
    if (char === "!") {
      return this.#error(`unexpected character after '!': ${goChar(this.#char(1))}`);
    }
    this.#at += char.length;
    switch (char) {
      case ",":
      case "=":
        break;
      case "(":
        this.#depth += 1;
        break;
      case ")":
        this.#depth -= 1;
        if (this.#depth < 0) {
          this.#following = this.#error("unexpected right parenthesis ')'");
        }
        break;
      case "{":
        this.#inBraces = true;
        break;
      case "[":
        if (this.#inBrackets) {
          return this.#error("unexpected left bracket '['", at);
        }
        this.#inBrackets = true;
        this.#hasColon = false;
        break;
      case "]":
        if (!this.#inBrackets) {
          return this.#error("unexpected right bracket ']'", at);
        }
        this.#inBrackets = false;
        break;
      default:
        return this.#error(`unexpected character: ${goChar(char)}`, at);
    }
    return { type: "punctuation", text: char, at };
  }

  #insideBraces(): Token {
    const at = this.#at;
    const char = this.#char();
    if (char === "") {
      return this.#error("unexpected end of input inside braces");
    }
    const name = this.#match(/[a-z_][a-z0-9_]*/iy);
    if (name !== "") {
      return { type: "identifier", text: name, at };
    }
    if (/["'`]/.test(char)) {
      return this.#string();
    }
    const operator = this.#match(/=~|!~|!=|=/y);
    if (operator !== "") {
      // Prometheus has one token type for both, with the text of the comparison.
      return { type: "operator", text: operator === "=" ? "==" : operator, at };
    }
    if (char === "!") {
      return this.#error(`unexpected character after '!' inside braces: ${goChar(this.#char(1))}`);
    }
    if (char === "{") {
      return this.#error("unexpected left brace '{'");
    }
    if (char !== "," && char !== "}") {
      return this.#error(`unexpected character inside braces: ${goChar(char)}`);
    }
    this.#at += 1;
    this.#inBraces = char === ",";
    return { type: "punctuation", text: char, at };
  }

  #word(): Token {
    const at = this.#at;
    const word = this.#match(/[a-z0-9_:]+/iy);
    const lower = word.toLowerCase();
    if (Object.hasOwn(keywords, lower)) {
      return { type: keywords[lower] as TokenType, text: lower, at };
    }
    return { type: word.includes(":") ? "metric identifier" : "identifier", text: word, at };
  }

  #colon(char: string): Token {
    if (this.#hasColon) {
      return this.#error(`unexpected colon ${goChar(char)}`);
    }
    this.#hasColon = true;
    this.#at += 1;
    return { type: "punctuation", text: ":", at: this.#at - 1 };
  }

  #numberOrDuration(problem: string): Token {
    const at = this.#at;
    const number = this.#match(/0x[0-9a-f]*|[0-9]*\.?[0-9]*(?:e[+-]?[0-9]*)?/iy);
    const unit = this.#match(/[smhdwy]/y);
    if (/[a-z0-9_]/i.test(this.#char())) {
      this.#at += 1;
      return this.#error(`${problem}: ${goQuoted(this.#input.slice(at, this.#at))}`, at);
    }
    const isNumber = unit === "";
    if (isNumber && this.#inBrackets) {
      return this.#error("missing unit character in duration", at);
    }
    return { type: isNumber ? "number" : "duration", text: number + unit, at };
  }

  #string(): Token {
    const at = this.#at;
    const quote = this.#char();
    const isRaw = quote === "`";
    const body = isRaw ? "[^`]*" : `(?:[^\\\\\\n${quote}]|\\\\[^\\n])*`;
    const text = this.#match(new RegExp(`${quote}${body}${quote}`, "y"));
    if (text === "") {
      return this.#error(isRaw ? "unterminated raw string" : "unterminated quoted string", at);
    }
    return { type: "string", text, at };
  }

  /** The character at the position, or `ahead` of it; empty at the end. */
  #char(ahead = 0): string {
    const code = this.#input.codePointAt(this.#at + ahead);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  /** Advances over the match of a sticky expression, and returns it. */
  #match(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const [text = ""] = expression.exec(this.#input) ?? [];
    this.#at += text.length;
    return text;
  }

  #error(text: string, at = this.#at): Token {
    return { type: "error", text, at };
  }
}

/** A character as Go's `%q` prints it; nothing stands for the end of the input. */
function goChar(char: string): string {
  return char === "" ? "'\ufffd'" : `'${char === "'" ? "\\'" : goQuoted(char).slice(1, -1)}'`;
}

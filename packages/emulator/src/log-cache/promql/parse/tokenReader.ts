import type { ServerError } from "nice-grpc";
import { promqlError } from "../errors.js";
import { goQuoted } from "./goQuoted.js";
import { Lexer, type Token } from "./lexer.js";
import { parseDurationMs, unquote } from "./literals.js";

/** Reads the tokens of a query one by one, and creates errors with their position. */
export class TokenReader {
  readonly #query: string;
  readonly #lexer: Lexer;
  #peeked: Token | undefined;
  /** The start of the last token. */
  #lastAt = 0;

  constructor(query: string) {
    this.#query = query;
    this.#lexer = new Lexer(query);
  }

  peek(): Token {
    if (this.#peeked === undefined) {
      this.#peeked = this.#lexer.next();
      this.#lastAt = this.#peeked.at;
    }
    return this.#peeked;
  }

  /** @throws ServerError for a token that is an error. */
  next(): Token {
    const token = this.peek();
    this.#peeked = undefined;
    if (token.type === "error") {
      throw this.error(token.text);
    }
    return token;
  }

  isKeyword(text: string): boolean {
    const token = this.peek();
    return token.type === "keyword" && token.text === text;
  }

  /** Reads a punctuation mark, one of those expected. */
  expect(context: string, ...expected: readonly string[]): Token {
    const token = this.next();
    if (expected.some((text) => isPunctuation(token, text))) {
      return token;
    }
    throw this.unexpected(token, context, expected.map(goQuoted).join(" or "));
  }

  /** Reads a duration, in milliseconds. */
  duration(context: string): number {
    const token = this.next();
    if (token.type !== "duration") {
      throw this.unexpected(token, context, "duration");
    }
    return parseDurationMs(token.text, (message) => this.error(message));
  }

  /** Reads names of labels in parentheses. */
  labels(): string[] {
    const context = "grouping opts";
    this.expect(context, "(");
    const labels: string[] = [];
    if (!isPunctuation(this.peek(), ")")) {
      for (;;) {
        const token = this.next();
        if (!/^[a-z_][a-z0-9_]*$/i.test(token.text)) {
          throw this.unexpected(token, context, "label");
        }
        labels.push(token.text);
        if (!isPunctuation(this.peek(), ",")) {
          break;
        }
        this.next();
      }
    }
    this.expect(context, ")");
    return labels;
  }

  unquote(text: string): string {
    return unquote(text, (message) => this.error(message));
  }

  /** Returns the beginning of the remaining input, quoted. */
  rest(length: number): string {
    return goQuoted([...this.#query.slice(this.#lastAt)].slice(0, length).join(""));
  }

  /** Creates an error at the last token. */
  error(message: string): ServerError {
    const before = this.#query.slice(0, this.#lastAt);
    const lines = before.split("\n");
    const line = this.#query.trim().includes("\n") ? `line ${lines.length}, ` : "";
    const char = 1 + Buffer.byteLength(lines.at(-1) ?? "");
    return promqlError(`parse error at ${line}char ${char}: ${message}`);
  }

  unexpected(token: Token, context: string, expected: string): ServerError {
    return this.error(`unexpected ${described(token)} in ${context}, expected ${expected}`);
  }
}

export function isPunctuation(token: Token, text: string): boolean {
  return token.type === "punctuation" && token.text === text;
}

/** A token as Prometheus describes it. */
function described({ type, text }: Token): string {
  switch (type) {
    case "end":
      return "end of input";
    case "keyword":
      return `<${text}>`;
    case "operator":
      return `<op:${text}>`;
    case "aggregator":
      return `<aggr:${text}>`;
    case "punctuation":
      return goQuoted(text);
    default: {
      const isLong = text.length > 10 && !type.endsWith("identifier");
      return `${type} ${isLong ? `${goQuoted(text.slice(0, 10))}...` : goQuoted(text)}`;
    }
  }
}

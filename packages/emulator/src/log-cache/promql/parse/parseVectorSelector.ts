import type { Matcher, VectorSelector } from "./expression.js";
import { goQuoted } from "./goQuoted.js";
import { isPunctuation, type TokenReader } from "./tokenReader.js";

/**
 * Parses the rest of a vector selector.
 *
 * @param name The metric's; undefined if the brace has been read instead.
 */
export function parseVectorSelector(tokens: TokenReader, name?: string): VectorSelector {
  const matchers: Matcher[] = [];
  if (name === undefined) {
    readMatchers(tokens, matchers);
  } else if (isPunctuation(tokens.peek(), "{")) {
    tokens.next();
    readMatchers(tokens, matchers);
  }
  if (name !== undefined) {
    const twice = matchers.find(({ label }) => label === "__name__");
    if (twice !== undefined) {
      const names = `${goQuoted(name)} or ${goQuoted(twice.value)}`;
      throw tokens.error(`metric name must not be set twice: ${names}`);
    }
    matchers.push({ label: "__name__", operator: "=", value: name });
  }
  if (matchers.length === 0) {
    throw tokens.error("vector selector must contain label matchers or metric name");
  }
  if (matchers.every(matchesEmpty)) {
    throw tokens.error("vector selector must contain at least one non-empty matcher");
  }
  return { kind: "vector", matchers, offsetMs: 0 };
}

/** Reads matchers up to the closing brace. */
function readMatchers(tokens: TokenReader, matchers: Matcher[]): void {
  const context = "label matching";
  while (!isPunctuation(tokens.peek(), "}")) {
    const label = tokens.next();
    if (label.type !== "identifier") {
      throw tokens.unexpected(label, context, "identifier");
    }
    const operator = tokens.next();
    if (operator.type !== "operator") {
      throw tokens.error(`expected label matching operator but got ${operator.text}`);
    }
    const value = tokens.next();
    if (value.type !== "string") {
      throw tokens.unexpected(value, context, "string");
    }
    matchers.push({
      label: label.text,
      operator: (operator.text === "==" ? "=" : operator.text) as Matcher["operator"],
      value: tokens.unquote(value.text),
    });
    const next = tokens.peek();
    if (next.type === "identifier") {
      throw tokens.error(`missing comma before next identifier ${goQuoted(next.text)}`);
    }
    if (!isPunctuation(next, ",")) {
      break;
    }
    tokens.next();
  }
  tokens.expect(context, "}");
}

/**
 * Returns whether a matcher matches a missing label. Only regular expressions of `.*` and `|` are
 * recognized: log-cache evaluates no others.
 */
function matchesEmpty({ operator, value }: Matcher): boolean {
  switch (operator) {
    case "=":
      return value === "";
    case "!=":
      return value !== "";
    default: {
      const matches = value.split("|").some((part) => part === "" || part === ".*");
      return (operator === "=~") === matches;
    }
  }
}

import type { Expression } from "./expression.js";
import { goQuoted } from "./goQuoted.js";

type Fail = (message: string) => Error;

/** Parses a number as Go does: `012` is octal, `inf` and `nan` are numbers. */
export function parseNumber(text: string, fail: Fail): number {
  if (/^inf$/i.test(text)) {
    return Number.POSITIVE_INFINITY;
  }
  if (/^nan$/i.test(text)) {
    return Number.NaN;
  }
  if (/^0[0-7]+$/.test(text)) {
    return Number.parseInt(text, 8);
  }
  const number = Number(text);
  if (Number.isNaN(number)) {
    throw fail(
      `error parsing number: strconv.ParseFloat: parsing ${goQuoted(text)}: invalid syntax`,
    );
  }
  return number;
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** A duration such as `5m` in milliseconds; undefined for other text. */
export function durationMs(text: string): number | undefined {
  const [, count, unit = ""] = /^([0-9]+)(ms|[smhdwy])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (unitMs[unit] ?? 0);
}

/** Parses a duration of a query, which is not zero. */
export function parseDurationMs(text: string, fail: Fail): number {
  const ms = durationMs(text);
  if (ms === undefined) {
    throw fail(`not a valid duration string: ${goQuoted(text)}`);
  }
  if (ms === 0) {
    throw fail("duration must be greater than 0");
  }
  return ms;
}

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** The text of a string literal with its quotes. */
export function unquote(literal: string, fail: Fail): string {
  const text = literal.slice(1, -1);
  if (literal.startsWith("`") || !text.includes("\\")) {
    return text;
  }
  return text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))/gs,
    (_, hex, short, long, octal, char) => {
      const digits = hex ?? short ?? long;
      const code = digits !== undefined ? Number.parseInt(digits, 16) : Number.parseInt(octal, 8);
      if (char === undefined && code <= 0x10ffff) {
        return String.fromCodePoint(code);
      }
      const escaped = escapes[char];
      if (escaped === undefined) {
        throw fail(`error unquoting string ${goQuoted(literal)}: invalid syntax`);
      }
      return escaped;
    },
  );
}

const goTypes: Readonly<Record<Expression["kind"], string>> = {
  vector: "VectorSelector",
  matrix: "MatrixSelector",
  subquery: "SubqueryExpr",
  call: "Call",
  aggregation: "AggregateExpr",
  binary: "BinaryExpr",
  number: "NumberLiteral",
  string: "StringLiteral",
  parentheses: "ParenExpr",
  unary: "UnaryExpr",
};

/** The Go type of an expression, which Prometheus names in errors. */
export function goType({ kind }: Expression): string {
  return `*promql.${goTypes[kind]}`;
}

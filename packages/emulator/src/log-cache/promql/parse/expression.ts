export type Operator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "^"
  | "=="
  | "!="
  | ">"
  | "<"
  | ">="
  | "<="
  | "and"
  | "or"
  | "unless";

/** A matcher of a label. Log-cache treats every operator as equality. */
export interface Matcher {
  readonly label: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

export interface VectorSelector {
  readonly kind: "vector";
  readonly matchers: readonly Matcher[];
  readonly offsetMs: number;
}

export interface MatrixSelector {
  readonly kind: "matrix";
  readonly matchers: readonly Matcher[];
  readonly rangeMs: number;
  readonly offsetMs: number;
}

export interface Subquery {
  readonly kind: "subquery";
  readonly expression: Expression;
  readonly rangeMs: number;
  /** 0: the default, a minute. */
  readonly stepMs: number;
  readonly offsetMs: number;
}

export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly arguments: readonly Expression[];
}

export interface Aggregation {
  readonly kind: "aggregation";
  readonly operator: string;
  readonly expression: Expression;
  readonly parameter: Expression | undefined;
  readonly labels: readonly string[];
  readonly without: boolean;
}

export interface BinaryOperation {
  readonly kind: "binary";
  readonly operator: Operator;
  readonly left: Expression;
  readonly right: Expression;
  /** Comparisons return 0 or 1 instead of filtering. */
  readonly returnsBool: boolean;
  readonly matching: VectorMatching | undefined;
}

export interface VectorMatching {
  readonly kind: "on" | "ignoring";
  readonly labels: readonly string[];
  readonly group: "left" | "right" | undefined;
}

export type Expression =
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | BinaryOperation
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "parentheses"; readonly expression: Expression }
  | { readonly kind: "unary"; readonly operator: "+" | "-"; readonly expression: Expression };

export type ValueType = "scalar" | "vector" | "matrix" | "string";

/** The type of an expression's value. */
export function valueType(expression: Expression): ValueType {
  switch (expression.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "matrix":
    case "subquery":
      return "matrix";
    case "parentheses":
    case "unary":
      return valueType(expression.expression);
    case "binary":
      return valueType(expression.left) === "scalar" && valueType(expression.right) === "scalar"
        ? "scalar"
        : "vector";
    case "call":
      return expression.name === "scalar" || expression.name === "time" ? "scalar" : "vector";
    default:
      return "vector";
  }
}

/** The types as Prometheus names them in errors. */
export const typeNames: Readonly<Record<ValueType, string>> = {
  scalar: "scalar",
  vector: "instant vector",
  matrix: "range vector",
  string: "string",
};

export function isComparison(operator: Operator): boolean {
  return ["==", "!=", ">", "<", ">=", "<="].includes(operator);
}

export function isSetOperator(operator: Operator): boolean {
  return operator === "and" || operator === "or" || operator === "unless";
}

/** All selectors of an expression, with the subqueries around each. */
export function* selectorsOf(
  expression: Expression,
  subqueryMs = 0,
): Generator<{ readonly selector: VectorSelector | MatrixSelector; readonly subqueryMs: number }> {
  switch (expression.kind) {
    case "vector":
    case "matrix":
      yield { selector: expression, subqueryMs };
      break;
    case "subquery":
      yield* selectorsOf(
        expression.expression,
        subqueryMs + expression.rangeMs + expression.offsetMs,
      );
      break;
    case "call":
      for (const argument of expression.arguments) {
        yield* selectorsOf(argument, subqueryMs);
      }
      break;
    case "aggregation":
      if (expression.parameter !== undefined) {
        yield* selectorsOf(expression.parameter, subqueryMs);
      }
      yield* selectorsOf(expression.expression, subqueryMs);
      break;
    case "binary":
      yield* selectorsOf(expression.left, subqueryMs);
      yield* selectorsOf(expression.right, subqueryMs);
      break;
    case "parentheses":
    case "unary":
      yield* selectorsOf(expression.expression, subqueryMs);
      break;
    default:
  }
}

/** The source ids that matchers name. `=~` is a list, and other operators name none. */
export function sourceIdsOf(matchers: readonly Matcher[]): Set<string> {
  const sourceIds = new Set<string>();
  for (const { label, operator, value } of matchers) {
    if (label === "source_id" && operator === "=") {
      sourceIds.add(value);
    } else if (label === "source_id" && operator === "=~") {
      for (const sourceId of value.split("|")) {
        sourceIds.add(sourceId);
      }
    }
  }
  return sourceIds;
}

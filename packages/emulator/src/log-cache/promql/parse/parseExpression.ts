import { functions } from "../evaluate/functions.js";
import { checkTypes } from "./checkTypes.js";
import {
  type Expression,
  isComparison,
  type MatrixSelector,
  type Operator,
  type Subquery,
  type VectorMatching,
  valueType,
} from "./expression.js";
import { goQuoted } from "./goQuoted.js";
import { goType, parseNumber } from "./literals.js";
import { parseVectorSelector } from "./parseVectorSelector.js";
import { isPunctuation, TokenReader } from "./tokenReader.js";

/**
 * Parses a query as Prometheus 2.13 does.
 *
 * @throws ServerError UNKNOWN with the text of Prometheus.
 */
export function parseExpression(query: string): Expression {
  const tokens = new TokenReader(query);
  const expression = new Parser(tokens).parse();
  checkTypes(expression, (message) => tokens.error(message));
  return expression;
}

const precedence: Readonly<Record<Operator, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  "==": 3,
  "!=": 3,
  "<=": 3,
  "<": 3,
  ">=": 3,
  ">": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
  "^": 6,
};

/** Aggregations with a parameter before the vector. */
const withParameter = ["topk", "bottomk", "count_values", "quantile"];

/** The maximum nesting of expressions, which bounds the parser's stack. */
const maxDepth = 200;

class Parser {
  readonly #tokens: TokenReader;
  #depth = 0;

  constructor(tokens: TokenReader) {
    this.#tokens = tokens;
  }

  parse(): Expression {
    let expression: Expression | undefined;
    while (this.#tokens.peek().type !== "end") {
      if (expression !== undefined) {
        throw this.#tokens.error(`could not parse remaining input ${this.#tokens.rest(15)}...`);
      }
      expression = this.#expression();
    }
    if (expression === undefined) {
      throw this.#tokens.error("no expression found in input");
    }
    return expression;
  }

  #expression(): Expression {
    this.#depth += 1;
    if (this.#depth > maxDepth) {
      throw this.#tokens.error(`the emulator supports at most ${maxDepth} nested expressions`);
    }
    let left = this.#unary();
    for (;;) {
      const token = this.#tokens.peek();
      if (token.type === "operator") {
        left = this.#binary(left);
      } else if (isPunctuation(token, "[")) {
        left = this.#withOffset(this.#range(left, false));
        break;
      } else {
        break;
      }
    }
    this.#depth -= 1;
    return left;
  }

  #binary(left: Expression): Expression {
    const operator = this.#tokens.next().text as Operator;
    let returnsBool = false;
    if (this.#tokens.isKeyword("bool")) {
      if (!isComparison(operator)) {
        throw this.#tokens.error("bool modifier can only be used on comparison operators");
      }
      this.#tokens.next();
      returnsBool = true;
    }
    const matching = this.#matching();
    const right = this.#unary();
    return this.#balanced(left, operator, right, returnsBool, matching);
  }

  #matching(): VectorMatching | undefined {
    if (!this.#tokens.isKeyword("on") && !this.#tokens.isKeyword("ignoring")) {
      return undefined;
    }
    const kind = this.#tokens.next().text as "on" | "ignoring";
    const labels = this.#tokens.labels();
    let group: VectorMatching["group"];
    if (this.#tokens.isKeyword("group_left") || this.#tokens.isKeyword("group_right")) {
      group = this.#tokens.next().text === "group_left" ? "left" : "right";
      const included = isPunctuation(this.#tokens.peek(), "(") ? this.#tokens.labels() : [];
      const both = kind === "on" ? labels.find((label) => included.includes(label)) : undefined;
      if (both !== undefined) {
        throw this.#tokens.error(
          `label ${goQuoted(both)} must not occur in ON and GROUP clause at once`,
        );
      }
    }
    return { kind, labels, group };
  }

  /** Puts an operation into the tree of those before it, by precedence. */
  #balanced(
    left: Expression,
    operator: Operator,
    right: Expression,
    returnsBool: boolean,
    matching: VectorMatching | undefined,
  ): Expression {
    if (left.kind === "binary") {
      const difference = precedence[left.operator] - precedence[operator];
      if (difference < 0 || (difference === 0 && operator === "^")) {
        const balanced = this.#balanced(left.right, operator, right, returnsBool, matching);
        this.#checkComparison(left.operator, left.left, balanced, left.returnsBool);
        return { ...left, right: balanced };
      }
    }
    this.#checkComparison(operator, left, right, returnsBool);
    return { kind: "binary", operator, left, right, returnsBool, matching };
  }

  #checkComparison(operator: Operator, left: Expression, right: Expression, returnsBool: boolean) {
    const areScalars = valueType(left) === "scalar" && valueType(right) === "scalar";
    if (isComparison(operator) && !returnsBool && areScalars) {
      throw this.#tokens.error("comparisons between scalars must use BOOL modifier");
    }
  }

  #unary(): Expression {
    const token = this.#tokens.peek();
    if (token.type === "operator" && (token.text === "+" || token.text === "-")) {
      this.#tokens.next();
      this.#depth += 1;
      if (this.#depth > maxDepth) {
        throw this.#tokens.error(`the emulator supports at most ${maxDepth} nested expressions`);
      }
      const expression = this.#unary();
      this.#depth -= 1;
      if (expression.kind === "number") {
        const value = token.text === "-" ? -expression.value : expression.value;
        return { kind: "number", value };
      }
      return { kind: "unary", operator: token.text, expression };
    }
    if (isPunctuation(token, "(")) {
      this.#tokens.next();
      const expression = this.#expression();
      this.#tokens.expect("paren expression", ")");
      return { kind: "parentheses", expression };
    }
    const primary = this.#primary();
    return this.#withOffset(
      isPunctuation(this.#tokens.peek(), "[") ? this.#range(primary, true) : primary,
    );
  }

  #primary(): Expression {
    const token = this.#tokens.next();
    switch (token.type) {
      case "number":
        return {
          kind: "number",
          value: parseNumber(token.text, (message) => this.#tokens.error(message)),
        };
      case "string":
        return { kind: "string", value: this.#tokens.unquote(token.text) };
      case "identifier":
        return isPunctuation(this.#tokens.peek(), "(")
          ? this.#call(token.text)
          : parseVectorSelector(this.#tokens, token.text);
      case "metric identifier":
        return parseVectorSelector(this.#tokens, token.text);
      case "aggregator":
        return this.#aggregation(token.text);
      default:
        if (isPunctuation(token, "{")) {
          return parseVectorSelector(this.#tokens);
        }
        throw this.#tokens.error("no valid expression found");
    }
  }

  /** A range of a selector, or a subquery. */
  #range(expression: Expression, maySelect: boolean): MatrixSelector | Subquery {
    const context = maySelect ? "range/subquery selector" : "subquery selector";
    this.#tokens.next();
    const rangeMs = this.#tokens.duration(context);
    const next = maySelect
      ? this.#tokens.expect(context, "]", ":")
      : this.#tokens.expect(context, ":");
    if (next.text === "]") {
      if (expression.kind !== "vector") {
        const type = goType(expression);
        throw this.#tokens.error(
          `range specification must be preceded by a metric selector, but follows a ${type} instead`,
        );
      }
      return { kind: "matrix", matchers: expression.matchers, rangeMs, offsetMs: 0 };
    }
    let stepMs = 0;
    if (this.#tokens.peek().type === "duration") {
      stepMs = this.#tokens.duration(context);
    }
    this.#tokens.expect(context, "]");
    return { kind: "subquery", expression, rangeMs, stepMs, offsetMs: 0 };
  }

  #withOffset(expression: Expression): Expression {
    if (!this.#tokens.isKeyword("offset")) {
      return expression;
    }
    this.#tokens.next();
    const offsetMs = this.#tokens.duration("offset");
    if (
      expression.kind === "vector" ||
      expression.kind === "matrix" ||
      expression.kind === "subquery"
    ) {
      return { ...expression, offsetMs };
    }
    throw this.#tokens.error(
      `offset modifier must be preceded by an instant or range selector, but follows a ${goType(expression)} instead`,
    );
  }

  #call(name: string): Expression {
    if (!Object.hasOwn(functions, name)) {
      throw this.#tokens.error(`unknown function with name ${goQuoted(name)}`);
    }
    this.#tokens.expect("function call", "(");
    const args: Expression[] = [];
    if (isPunctuation(this.#tokens.peek(), ")")) {
      this.#tokens.next();
      return { kind: "call", name, arguments: args };
    }
    args.push(this.#expression());
    while (isPunctuation(this.#tokens.peek(), ",")) {
      this.#tokens.next();
      args.push(this.#expression());
    }
    this.#tokens.expect("function call", ")");
    return { kind: "call", name, arguments: args };
  }

  #aggregation(operator: string): Expression {
    const context = "aggregation";
    let grouping = this.#grouping();
    this.#tokens.expect(context, "(");
    let parameter: Expression | undefined;
    if (withParameter.includes(operator)) {
      parameter = this.#expression();
      this.#tokens.expect(context, ",");
    }
    const expression = this.#expression();
    this.#tokens.expect(context, ")");
    if (grouping === undefined) {
      grouping = this.#grouping();
    }
    const { labels, without } = grouping ?? { labels: [], without: false };
    return { kind: "aggregation", operator, expression, parameter, labels, without };
  }

  #grouping(): { readonly labels: readonly string[]; readonly without: boolean } | undefined {
    if (!this.#tokens.isKeyword("by") && !this.#tokens.isKeyword("without")) {
      return undefined;
    }
    const without = this.#tokens.next().text === "without";
    return { labels: this.#tokens.labels(), without };
  }
}

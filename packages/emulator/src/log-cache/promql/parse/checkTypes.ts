import { functions } from "../evaluate/functions.js";
import {
  type Expression,
  isSetOperator,
  typeNames,
  type ValueType,
  valueType,
} from "./expression.js";
import { goQuoted } from "./goQuoted.js";

/**
 * Checks the types of the parts of an expression.
 *
 * @param fail Creates the error.
 */
export function checkTypes(expression: Expression, fail: (message: string) => Error): void {
  const expectType = (part: Expression, wanted: ValueType, context: string) => {
    checkTypes(part, fail);
    const type = valueType(part);
    if (type !== wanted) {
      throw fail(`expected type ${typeNames[wanted]} in ${context}, got ${typeNames[type]}`);
    }
  };
  switch (expression.kind) {
    case "aggregation": {
      const { operator, parameter } = expression;
      expectType(expression.expression, "vector", "aggregation expression");
      if (parameter !== undefined) {
        const type = operator === "count_values" ? "string" : "scalar";
        expectType(parameter, type, "aggregation parameter");
      }
      break;
    }
    case "binary":
      checkTypes(expression.left, fail);
      checkTypes(expression.right, fail);
      checkOperands(expression, fail);
      break;
    case "call": {
      const { name, arguments: args } = expression;
      const types = functions[name];
      if (types === undefined) {
        for (const argument of args) {
          checkTypes(argument, fail);
        }
        break;
      }
      if (args.length !== types.length) {
        throw fail(
          `expected ${types.length} argument(s) in call to ${goQuoted(name)}, got ${args.length}`,
        );
      }
      for (const [i, argument] of args.entries()) {
        expectType(argument, types[i] as ValueType, `call to function ${goQuoted(name)}`);
      }
      break;
    }
    case "parentheses":
      checkTypes(expression.expression, fail);
      break;
    case "unary": {
      checkTypes(expression.expression, fail);
      const type = valueType(expression.expression);
      if (type !== "scalar" && type !== "vector") {
        throw fail(
          `unary expression only allowed on expressions of type scalar or instant vector, got ${goQuoted(typeNames[type])}`,
        );
      }
      break;
    }
    case "subquery": {
      checkTypes(expression.expression, fail);
      const type = valueType(expression.expression);
      if (type !== "vector") {
        throw fail(`subquery is only allowed on instant vector, got ${type} instead`);
      }
      break;
    }
    default:
  }
}

function checkOperands(
  { operator, left, right, matching }: Extract<Expression, { kind: "binary" }>,
  fail: (message: string) => Error,
): void {
  const types = [valueType(left), valueType(right)];
  if (types.some((type) => type !== "scalar" && type !== "vector")) {
    throw fail("binary expression must contain only scalar and instant vector types");
  }
  const hasScalar = types.includes("scalar");
  if (hasScalar && matching !== undefined && matching.labels.length > 0) {
    throw fail("vector matching only allowed between instant vectors");
  }
  if (isSetOperator(operator)) {
    if (hasScalar) {
      throw fail(`set operator ${goQuoted(operator)} not allowed in binary scalar expression`);
    }
    if (matching?.group !== undefined) {
      throw fail(`no grouping allowed for ${goQuoted(operator)} operation`);
    }
  }
}

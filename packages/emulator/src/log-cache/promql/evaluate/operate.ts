import { promqlError, unsupported } from "../errors.js";
import {
  type BinaryOperation,
  isComparison,
  isSetOperator,
  type Operator,
  type VectorMatching,
} from "../parse/expression.js";
import { goQuoted } from "../parse/goQuoted.js";
import type { Series } from "./evaluation.js";
import { dropLabels, formatLabels, keepLabels, type Labels, labelsKey } from "./labels.js";

/** The values of an expression: numbers for all steps, or series. */
export type Operand =
  | { readonly scalar: readonly number[]; readonly vector?: undefined }
  | { readonly vector: readonly Series[]; readonly scalar?: undefined };

type Values = readonly (number | undefined)[];

/** Applies an operator to the values of two expressions. */
export function operate(operation: BinaryOperation, left: Operand, right: Operand): Operand {
  const { operator, returnsBool } = operation;
  if (isSetOperator(operator)) {
    throw unsupported(`the operator ${goQuoted(operator)}`);
  }
  if (left.scalar !== undefined && right.scalar !== undefined) {
    const rights = right.scalar;
    return {
      scalar: left.scalar.map((value, step) => calculate(operator, value, rights[step] as number)),
    };
  }
  const result = (lefts: Values, rights: Values, kept: Values) =>
    lefts.map((value, step) => {
      const other = rights[step];
      if (value === undefined || other === undefined) {
        return undefined;
      }
      const calculated = calculate(operator, value, other);
      if (!isComparison(operator) || returnsBool) {
        return calculated;
      }
      // A comparison filters.
      return calculated === 1 ? kept[step] : undefined;
    });
  if (left.vector !== undefined && right.vector !== undefined) {
    return { vector: matchVectors(operation.matching, left.vector, right.vector, result) };
  }
  // `scalar OP vector`, or the other way round: comparisons keep the values of the vector.
  const { vector = [] } = left.vector === undefined ? right : left;
  return {
    vector: vector
      .map(({ labels, values }) => ({
        labels,
        values: result(left.scalar ?? values, right.scalar ?? values, values),
      }))
      .filter(({ values }) => values.some((value) => value !== undefined)),
  };
}

/** Calculates with the series of both sides that have the same labels, one to one. */
function matchVectors(
  matching: VectorMatching | undefined,
  left: readonly Series[],
  right: readonly Series[],
  result: (lefts: Values, rights: Values, kept: Values) => (number | undefined)[],
): Series[] {
  if (matching?.group !== undefined) {
    throw unsupported(`group_${matching.group}`);
  }
  const signature = (labels: Labels): Labels =>
    matching?.kind === "on"
      ? keepLabels(labels, matching.labels)
      : dropLabels(labels, [...(matching?.labels ?? []), "__name__"]);
  const rights = bySignature(right, signature, "right");
  const results: Series[] = [];
  for (const [key, { labels, values }] of bySignature(left, signature, "left")) {
    const other = rights.get(key);
    if (other === undefined) {
      continue;
    }
    const calculated = result(values, other.values, values);
    if (calculated.some((value) => value !== undefined)) {
      results.push({ labels: signature(labels), values: calculated });
    }
  }
  return results;
}

function bySignature(
  series: readonly Series[],
  signature: (labels: Labels) => Labels,
  side: "left" | "right",
): Map<string, Series> {
  const all = new Map<string, Series>();
  for (const one of series) {
    const group = signature(one.labels);
    const key = labelsKey(group);
    const other = all.get(key);
    if (other !== undefined) {
      throw promqlError(
        `found duplicate series for the match group ${formatLabels(group)} on the ${side} hand-side of the operation: [${formatLabels(one.labels)}, ${formatLabels(other.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
    all.set(key, one);
  }
  return all;
}

/** Comparisons give 1 or 0. */
function calculate(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
    case "^":
      // Go's result for 1 and NaN, and for 1 or -1 and an infinity, is 1.
      return left === 1 || (left === -1 && Math.abs(right) === Number.POSITIVE_INFINITY)
        ? 1
        : left ** right;
    case "==":
      return Number(left === right);
    case "!=":
      return Number(left !== right);
    case ">":
      return Number(left > right);
    case "<":
      return Number(left < right);
    case ">=":
      return Number(left >= right);
    default:
      return Number(left <= right);
  }
}

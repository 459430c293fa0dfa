import type { QuerySource } from "../../logCacheNode.js";
import { promqlError, unsupported } from "../errors.js";
import {
  type Call,
  type Expression,
  type MatrixSelector,
  type Subquery,
  selectorsOf,
  type VectorSelector,
} from "../parse/expression.js";
import { goQuoted } from "../parse/goQuoted.js";
import { goType } from "../parse/literals.js";
import { aggregate } from "./aggregate.js";
import { type Point, rangeFunctions } from "./functions.js";
import { dropLabels, type Labels, labelsKey } from "./labels.js";
import { type Operand, operate } from "./operate.js";
import { type StoredSeries, selectSeries } from "./selectSeries.js";

/** A series with a value for some of the steps of an evaluation. */
export interface Series {
  readonly labels: Labels;
  readonly values: readonly (number | undefined)[];
}

/** The times of an evaluation, in UNIX milliseconds. */
export interface Steps {
  readonly start: number;
  readonly end: number;
  readonly interval: number;
}

/** The lookback of an instant selector, in milliseconds. */
const lookbackMs = 300_000;
const defaultSubqueryStepMs = 60_000;
/** The maximum number of steps of an evaluation. */
export const maxSteps = 1_000_000;

/** Evaluates expressions at a number of times, as Prometheus 2.13 does. */
export class Evaluation {
  readonly #steps: Steps;
  readonly #count: number;
  readonly #selected: ReadonlyMap<Expression, StoredSeries[]>;

  private constructor(steps: Steps, selected: ReadonlyMap<Expression, StoredSeries[]>) {
    this.#steps = steps;
    this.#count = Math.trunc((steps.end - steps.start) / steps.interval) + 1;
    this.#selected = selected;
  }

  /**
   * Selects all series that an expression needs, from the earliest time that any of its selectors
   * needs up to the end.
   *
   * @throws ServerError UNKNOWN for a selector without a source.
   */
  static prepare(source: QuerySource, expression: Expression, steps: Steps): Evaluation {
    const selectors = [...selectorsOf(expression)];
    let earliest = 0;
    for (const { selector, subqueryMs } of selectors) {
      const back = selector.kind === "matrix" ? selector.rangeMs : lookbackMs;
      earliest = Math.max(earliest, back + subqueryMs + selector.offsetMs);
    }
    const selected = new Map<Expression, StoredSeries[]>();
    for (const { selector } of selectors) {
      selected.set(
        selector,
        selectSeries(source, selector.matchers, steps.start - earliest, steps.end),
      );
    }
    return new Evaluation(steps, selected);
  }

  /** @throws ServerError UNKNOWN with Prometheus' text; UNIMPLEMENTED for unsupported features. */
  evaluate(expression: Expression): Operand {
    switch (expression.kind) {
      case "number":
        return { scalar: this.#stepValues(() => expression.value) };
      case "parentheses":
        return this.evaluate(expression.expression);
      case "vector":
        return { vector: this.#vector(expression) };
      case "call":
        return { vector: this.#call(expression) };
      case "aggregation":
        return { vector: this.#aggregation(expression) };
      case "binary":
        return operate(expression, this.evaluate(expression.left), this.evaluate(expression.right));
      case "unary":
        return this.#unary(expression.operator, this.evaluate(expression.expression));
      default:
        throw promqlError(`unhandled expression of type: ${goType(expression)}`);
    }
  }

  /** The points of a range selector, at the last step. */
  range(expression: MatrixSelector | Subquery): StoredSeries[] {
    const { offsetMs, rangeMs } = expression;
    const end = this.#steps.end - offsetMs;
    return this.#rangeSeries(expression)
      .map(({ labels, points }) => ({ labels, points: between(points, end - rangeMs, end) }))
      .filter(({ points }) => points.length > 0);
  }

  #vector(selector: VectorSelector): Series[] {
    return this.#storedSeries(selector)
      .map(({ labels, points }) => ({
        labels,
        values: this.#stepValues((time) => latest(points, time - selector.offsetMs)),
      }))
      .filter(hasValues);
  }

  #call({ name, arguments: args }: Call): Series[] {
    const call = rangeFunctions[name];
    const range = args.at(-1);
    if (call === undefined || (range?.kind !== "matrix" && range?.kind !== "subquery")) {
      throw unsupported(`the function ${goQuoted(name)}`);
    }
    const [first] = args;
    const parameters =
      args.length > 1 && first !== undefined ? (this.evaluate(first).scalar ?? []) : [];
    const { rangeMs, offsetMs } = range;
    const series = this.#rangeSeries(range).map(({ labels, points }) => ({
      labels: dropLabels(labels, ["__name__"]),
      values: this.#stepValues((time, step) => {
        const end = time - offsetMs;
        const start = end - rangeMs;
        const inRange = between(points, start, end);
        return inRange.length === 0
          ? undefined
          : call({ points: inRange, start, end, parameter: parameters[step] ?? Number.NaN });
      }),
    }));
    return checkUnique(series.filter(hasValues));
  }

  #aggregation(expression: Extract<Expression, { kind: "aggregation" }>): Series[] {
    const { vector = [] } = this.evaluate(expression.expression);
    return aggregate(expression, vector, this.#count);
  }

  #unary(operator: "+" | "-", operand: Operand): Operand {
    if (operator === "+") {
      return operand;
    }
    const negated = (values: readonly (number | undefined)[]) =>
      values.map((value) => (value === undefined ? undefined : -value));
    if (operand.scalar !== undefined) {
      return { scalar: operand.scalar.map((value) => -value) };
    }
    return {
      vector: operand.vector.map(({ labels, values }) => ({ labels, values: negated(values) })),
    };
  }

  #rangeSeries(range: MatrixSelector | Subquery): StoredSeries[] {
    return range.kind === "matrix" ? this.#storedSeries(range) : this.#subquery(range);
  }

  #subquery({ expression, rangeMs, stepMs, offsetMs }: Subquery): StoredSeries[] {
    const interval = stepMs === 0 ? defaultSubqueryStepMs : stepMs;
    const from = this.#steps.start - offsetMs - rangeMs;
    // Aligned with the step.
    const start = interval * Math.ceil(from / interval);
    const steps = { start, end: this.#steps.end - offsetMs, interval };
    if ((steps.end - start) / interval > maxSteps) {
      throw unsupported(`a subquery with more than ${maxSteps} points`);
    }
    const inner = new Evaluation(steps, this.#selected);
    const { vector = [] } = inner.evaluate(expression);
    return vector.map(({ labels, values }) => ({ labels, points: pointsOf(values, steps) }));
  }

  #storedSeries(selector: VectorSelector | MatrixSelector): StoredSeries[] {
    const series = this.#selected.get(selector) ?? [];
    if (this.#count < 0 && series.length > 0) {
      throw promqlError("unexpected error: runtime error: makeslice: cap out of range");
    }
    return series;
  }

  #stepValues<T extends number | undefined>(valueAt: (time: number, step: number) => T): T[] {
    const { start, end, interval } = this.#steps;
    if (interval < 0 && start <= end) {
      // Prometheus steps backwards until the query times out.
      throw promqlError("query timed out in expression evaluation");
    }
    const values: T[] = [];
    for (let time = start; time <= end; time += interval) {
      values.push(valueAt(time, values.length));
    }
    return values;
  }
}

/** The values of a series as points. */
export function pointsOf(values: Series["values"], { start, interval }: Steps): Point[] {
  const points: Point[] = [];
  for (const [i, value] of values.entries()) {
    if (value !== undefined) {
      points.push({ time: start + i * interval, value });
    }
  }
  return points;
}

function hasValues({ values }: Series): boolean {
  return values.some((value) => value !== undefined);
}

function checkUnique(series: Series[]): Series[] {
  const keys = new Set(series.map(({ labels }) => labelsKey(labels)));
  if (keys.size < series.length) {
    throw promqlError("vector cannot contain metrics with the same labelset");
  }
  return series;
}

/** The index of the first point that is not before a time. */
function indexAt(points: readonly Point[], time: number): number {
  let from = 0;
  let to = points.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((points[middle] as Point).time < time) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

/** The value at a time: the first of several there, else the last one before. */
function latest(points: readonly Point[], time: number): number | undefined {
  const index = indexAt(points, time);
  const at = points[index];
  if (at?.time === time) {
    return at.value;
  }
  const before = points[index - 1];
  return before === undefined || before.time < time - lookbackMs ? undefined : before.value;
}

/** The points of a range, both ends included; of several at its end only the first. */
function between(points: readonly Point[], start: number, end: number): Point[] {
  const to = indexAt(points, end);
  const last = points[to]?.time === end ? to + 1 : to;
  return points.slice(indexAt(points, start), last);
}

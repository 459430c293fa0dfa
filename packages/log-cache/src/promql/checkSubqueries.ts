import { OptionRangeError } from "@loggregator/core";
import { durationMs } from "./durationMs.js";

/** Strings and comments, whose contents are not part of the expression. */
const ignored = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#.*/g;

/** A parenthesis, or a subquery such as `[1h:10s]`. */
const token = /[()]|\[\s*(\w+)\s*:\s*(\w*)\s*\]/g;

/** The step of a subquery without one, as in Prometheus. */
const defaultStepMs = 60_000;

/**
 * Checks that no subquery of a PromQL expression is evaluated at too many points. Those that the
 * server cannot parse are not checked: it rejects them without evaluating them.
 *
 * @param spanMs The time between the first and the last point of the query itself, in milliseconds.
 * @throws OptionRangeError
 */
export function checkSubqueries(query: string, spanMs: number, maxPoints: number): void {
  const subqueries: { text: string; rangeMs: number; stepMs: number; depth: number }[] = [];
  let depth = 0;
  for (const [text, range, step] of query.replace(ignored, "").matchAll(token)) {
    if (range === undefined) {
      depth += text === "(" ? 1 : -1;
    } else {
      const stepMs = step ? durationMs(step) : defaultStepMs;
      subqueries.push({ text, rangeMs: durationMs(range), stepMs, depth });
    }
  }
  for (const [i, { text, rangeMs, stepMs, depth }] of subqueries.entries()) {
    // A subquery in parentheses is also evaluated over the range of each later one that encloses
    // it.
    const outer = subqueries.slice(i + 1).filter((later) => later.depth < depth);
    const totalMs = outer.reduce((sum, later) => sum + later.rangeMs, spanMs + rangeMs);
    const points = Math.floor(totalMs / stepMs) + 1;
    if (points > maxPoints) {
      const expected = `a query whose subqueries have at most ${maxPoints} points each`;
      throw new OptionRangeError("query", expected, `${text}, with ${points} points`);
    }
  }
}

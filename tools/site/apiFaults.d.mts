import type { ProjectReflection } from "typedoc";
import type { Node, TypeChecker } from "typescript";

/** Returns the optional properties of options that have no `@default`. */
export function defaultFaults(project: ProjectReflection): string[];

/** Finds functions that throw and have no `@throws`. */
export class ThrowsFinder {
  /** Returns why a function throws; undefined if it does not, as far as can be seen. */
  cause(checker: TypeChecker, declaration: Node): string | undefined;
}

// The faults of doc comments that TypeDoc does not report: options without a default, and functions
// that throw without a @throws.
import { ReflectionKind } from "typedoc";
import ts from "typescript";

/** The names of types that users pass to functions, except for errors and generated messages. */
const settings =
  /(?<!Error)Options$|[a-z]Tls$|Material$|Authentication$|Location$|Buffer$|Drain$|(Stream|Gateway)Request$|^MessageInit$/;

/**
 * Returns the optional properties of exported settings that have no `@default`. Without a value, it
 * states the meaning of their absence: `@default none: unlimited`.
 *
 * @param project The project of TypeDoc.
 */
export function defaultFaults(project) {
  return project
    .getReflectionsByKind(ReflectionKind.Interface | ReflectionKind.TypeAlias)
    .filter(({ name }) => settings.test(name))
    .flatMap(propertiesOf)
    .filter(({ flags, comment }) => flags.isOptional && !hasTag(comment, "@default"))
    .map((property) => `${property.getFullName()} has no @default`);
}

function propertiesOf({ children = [], type }) {
  const members = type?.type === "intersection" ? type.types : [type];
  const literals = members.flatMap((member) => member?.declaration?.children ?? []);
  return [...children, ...literals].filter(({ kind }) => kind === ReflectionKind.Property);
}

/**
 * Finds functions, methods and constructors that throw and have no `@throws`: those with a `throw`
 * outside a `try` with a `catch`, and those that call one that throws or has a `@throws`. Calls of
 * interfaces and of other libraries do not count.
 */
export class ThrowsFinder {
  #signatures = [];
  #causes = new Map();

  /** Records a signature, and where it is declared. */
  record(checker, signature, declaration) {
    this.#signatures.push({ checker, signature, declaration });
  }

  /** Returns the faults of the signatures that are still part of the project. */
  faults(project) {
    return this.#signatures
      .filter(({ signature }) => project.getReflectionById(signature.id) === signature)
      .filter(({ signature }) => !hasTag(signature.comment, "@throws") && !isHidden(signature))
      .flatMap(({ checker, signature, declaration }) => {
        const cause = this.cause(checker, declaration);
        const name = signature.parent.getFullName();
        return cause === undefined ? [] : [`${name} has no @throws, but ${cause}`];
      });
  }

  /** Returns why a function throws; undefined if it does not, as far as can be seen. */
  cause(checker, declaration) {
    if (!this.#causes.has(declaration)) {
      // For functions that call themselves.
      this.#causes.set(declaration, undefined);
      this.#causes.set(declaration, this.#find(checker, declaration));
    }
    return this.#causes.get(declaration);
  }

  #find(checker, declaration) {
    let cause;
    const visit = (node) => {
      if (cause !== undefined || ts.isFunctionLike(node)) {
        return;
      }
      if (ts.isTryStatement(node) && node.catchClause !== undefined) {
        visit(node.catchClause);
        ts.forEachChild(node.finallyBlock ?? node.catchClause, visit);
        return;
      }
      if (ts.isThrowStatement(node)) {
        cause = "has a throw statement";
        return;
      }
      if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && !isHandled(checker, node)) {
        cause = this.#causeOfCall(checker, node);
      }
      ts.forEachChild(node, visit);
    };
    if (declaration?.body !== undefined) {
      ts.forEachChild(declaration.body, visit);
    }
    return cause;
  }

  #causeOfCall(checker, node) {
    const callee = checker.getResolvedSignature(node)?.declaration;
    if (callee === undefined || /\/(node_modules|lib)\//.test(callee.getSourceFile().fileName)) {
      return undefined;
    }
    const call = `calls ${node.expression.getText()}`;
    if (ts.getJSDocTags(callee).some(({ tagName }) => tagName.text === "throws")) {
      return call;
    }
    const cause = this.cause(checker, callee);
    return cause && `${call}, which ${cause}`;
  }
}

/** Whether the rejection of a call goes elsewhere: the promise is neither awaited nor returned. */
function isHandled(checker, call) {
  const isPromise = checker.getTypeAtLocation(call).getProperty("then") !== undefined;
  return isPromise && !ts.isAwaitExpression(call.parent) && !ts.isReturnStatement(call.parent);
}

/** `[asyncDispose]` has the errors of `close`, and codecs are parts of generated definitions. */
function isHidden(signature) {
  return /\[asyncDispose\]|__type/.test(signature.getFullName());
}

function hasTag(comment, tag) {
  return comment?.getTag(tag) !== undefined;
}

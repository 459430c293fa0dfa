// Declares the types of TypeScript's lib "esnext.disposable", as @types/node does, so that the
// packages' declarations compile in projects with an older `lib`. This file contains no code.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
}

export {};

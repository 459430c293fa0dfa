// Declares what TypeScript's lib "esnext.disposable" declares, as @types/node does, so that the
// packages' declarations compile in projects with an older `lib`. It has no code.
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

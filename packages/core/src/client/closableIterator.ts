/**
 * Wraps a generator in an iterator that can be closed while a value is awaited: `return()` calls
 * `onReturn`, which must end the wait, and then ends the generator. A plain generator only returns
 * between two values.
 */
export function closableIterator<T>(
  generator: AsyncGenerator<T, undefined, undefined>,
  onReturn: () => void,
): AsyncIterableIterator<T, undefined> {
  return {
    next: () => generator.next(),
    return: () => {
      onReturn();
      return generator.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

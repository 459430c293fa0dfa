/**
 * Wraps a generator into an iterator that can be left while a value is awaited: `return()` calls
 * `onReturn`, which must end the wait, and then ends the generator. A generator by itself returns
 * only between two values.
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

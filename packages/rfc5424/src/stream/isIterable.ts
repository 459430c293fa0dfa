/** The argument of `ReadableStream.pipeThrough`: a `TransformStream`, or a pair like one. */
export interface StreamPair<In, Out> {
  readonly readable: ReadableStream<Out>;
  readonly writable: WritableStream<In>;
}

/**
 * A source of chunks: a Node.js stream, a generator, an array, or a web stream if it is iterable.
 */
export type Chunks<T> = AsyncIterable<T> | Iterable<T>;

/**
 * Returns true for an iterable, false for an object of options.
 *
 * @throws TypeError if `source` is neither.
 */
export function isIterable<T>(source: Chunks<T> | object): source is Chunks<T> {
  if (typeof source !== "object" || source === null || ArrayBuffer.isView(source)) {
    throw new TypeError(
      "source must be a stream or another iterable of chunks (wrap a single chunk in an array)",
    );
  }
  return Symbol.asyncIterator in source || Symbol.iterator in source;
}

/** What `ReadableStream.pipeThrough` takes, as a `TransformStream` is. */
export interface StreamPair<In, Out> {
  readonly readable: ReadableStream<Out>;
  readonly writable: WritableStream<In>;
}

/** Where chunks come from: a Node.js stream, a generator, an array, a web stream where it is iterable. */
export type Chunks<T> = AsyncIterable<T> | Iterable<T>;

export function isIterable<T>(source: Chunks<T> | object): source is Chunks<T> {
  return Symbol.asyncIterator in source || Symbol.iterator in source;
}

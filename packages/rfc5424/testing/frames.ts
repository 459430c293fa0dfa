import { expect } from "vitest";
import { type Message, type ReadFromOptions, readFrom, type UnmarshalError } from "../src/index.js";

export const header = "<14>1 2026-01-02T03:04:05Z host app - - - ";
export const counted = (text: string) => `${Buffer.byteLength(header + text)} ${header}${text}`;

/** Reads a stream cut into chunks of `size` bytes. Returns MSGs, and the bytes of invalid frames. */
export async function read(
  stream: string | Uint8Array,
  options: ReadFromOptions = {},
  size = 1 << 20,
) {
  const bytes = Buffer.from(stream);
  const invalid: string[] = [];
  const properties: string[] = [];
  const onInvalid = (error: UnmarshalError, frame: Uint8Array) => {
    invalid.push(Buffer.from(frame).toString());
    properties.push(error.property);
  };
  const messages: string[] = [];
  for await (const message of readFrom(cut(bytes, size), { onInvalid, ...options })) {
    messages.push(textOf(message));
  }
  return { messages, invalid, properties };
}

export function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

export function textOf({ message }: Message): string {
  return Buffer.from(message).toString();
}

/** Reads a stream in chunks of each size, and expects the same result from all. */
export async function readInAllChunkSizes(stream: string, options: ReadFromOptions = {}) {
  const whole = await read(stream, options);
  for (let size = 1; size < Buffer.byteLength(stream); size++) {
    expect(await read(stream, options, size), `chunks of ${size} bytes`).toEqual(whole);
  }
  return whole;
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) {
    items.push(item);
  }
  return items;
}

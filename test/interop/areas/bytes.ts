import { uint64 } from "@loggregator/testing/arbitraries";
import fc from "fast-check";
import { text } from "./text.js";

// Bytes that are valid or almost valid protobuf.

/** Returns the bytes with a few of them changed, removed, added or cut off. */
export function mutated(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    at: fc.nat(4_000),
    remove: fc.oneof({ weight: 6, arbitrary: fc.nat(3) }, fc.constant(4_000)),
    insert: fc.uint8Array({ maxLength: 3 }),
  });
  return fc
    .tuple(bytes, fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([original, edits]) => {
      let result = original;
      for (const { at, remove, insert } of edits) {
        const start = at % (result.length + 1);
        const parts = [result.subarray(0, start), insert, result.subarray(start + remove)];
        result = new Uint8Array(Buffer.concat(parts));
      }
      return result;
    });
}

const fieldNumber = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 17 }) },
  fc.constantFrom(0, 2047, 2 ** 29 - 1, 2 ** 29),
);

/** A varint in its shortest form or a longer one, which is valid up to ten bytes. */
const anyVarint = fc
  .tuple(uint64, fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(10)))
  .map(([value, padding]) => {
    const bytes = varint(value);
    for (let i = 0; i < padding; i++) {
      bytes.push((bytes.pop() ?? 0) | 0x80, 0);
    }
    return bytes;
  });

/**
 * Fields of any number and wire type, with nested messages and groups. They include what no encoder
 * writes: known fields of wrong types, and repeated fields.
 */
export const fields: fc.Arbitrary<Uint8Array> = fc
  .letrec<{ message: number[]; field: number[] }>((tie) => ({
    message: fc.array(tie("field"), { maxLength: 5 }).map((inner) => inner.flat()),
    field: fc.oneof(
      { withCrossShrink: true, depthSize: "small" },
      { weight: 3, arbitrary: withTag(0, anyVarint) },
      { weight: 2, arbitrary: withTag(1, fixed(8)) },
      {
        weight: 4,
        arbitrary: withTag(
          2,
          text.map((string) => withLength(Buffer.from(string))),
        ),
      },
      { weight: 1, arbitrary: withTag(2, fc.uint8Array({ maxLength: 8 }).map(withLength)) },
      { weight: 6, arbitrary: withTag(2, tie("message").map(withLength)) },
      { weight: 1, arbitrary: withTag(5, fixed(4)) },
      { weight: 1, arbitrary: fc.tuple(fieldNumber, tie("message")).map(inGroup) },
      { weight: 1, arbitrary: withTag(4, fc.constant([])) },
    ),
  }))
  .message.map((bytes) => Uint8Array.from(bytes));

function withTag(wireType: number, value: fc.Arbitrary<number[]>): fc.Arbitrary<number[]> {
  return fc
    .tuple(fieldNumber, value)
    .map(([number, bytes]) => [...varint(tag(number, wireType)), ...bytes]);
}

function inGroup([number, inner]: [number, number[]]): number[] {
  return [...varint(tag(number, 3)), ...inner, ...varint(tag(number, 4))];
}

function tag(fieldNumber: number, wireType: number): bigint {
  return BigInt(fieldNumber) * 8n + BigInt(wireType);
}

function withLength(bytes: Iterable<number> & { readonly length: number }): number[] {
  return [...varint(BigInt(bytes.length)), ...bytes];
}

function fixed(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(255), { minLength: length, maxLength: length });
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
  return [...bytes, Number(rest)];
}

/** A field by its number. A bigint or boolean is a varint, a number a double, the rest has its length before it. */
export type Field = readonly [number, bigint | boolean | number | string | Uint8Array];

/** Encodes a message without the library under test. */
export function message(...fields: Field[]): Uint8Array {
  return Buffer.concat(fields.flatMap(([number, value]) => writeField(BigInt(number), value)));
}

/** An entry of a map field. */
export function entry(key: string, value: Field[1]): Uint8Array {
  return message([1, key], [2, value]);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function writeField(number: bigint, value: Field[1]): Uint8Array[] {
  if (typeof value === "bigint" || typeof value === "boolean") {
    return [varint(number << 3n), varint(BigInt(value))];
  }
  if (typeof value === "number") {
    const double = Buffer.alloc(8);
    double.writeDoubleLE(value);
    return [varint((number << 3n) | 1n), double];
  }
  const bytes = Buffer.from(value);
  return [varint((number << 3n) | 2n), varint(BigInt(bytes.length)), bytes];
}

/** Negative numbers as their two's complement of 64 bits. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.from([...bytes, Number(rest)]);
}

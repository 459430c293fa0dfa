import fc from "fast-check";

/** Names of inherited properties, and other problematic text. */
const tricky = ["", "0", "__proto__", "constructor", "\u0000", "\ufeffbom", "日本語", "a\\ud", '"'];

/**
 * Well-formed text. Sometimes it is so long that the varint of its length, in bytes or in UTF-16
 * units, is about to grow.
 */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 40, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  { weight: 20, arbitrary: fc.constantFrom(...tricky) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom("a", "é", "語", "😀"),
        fc.constantFrom(127, 128, 16_383, 16_384),
        fc.boolean(),
      )
      .map(([character, length, inBytes]) =>
        character.repeat(length / (inBytes ? Buffer.byteLength(character) : character.length)),
      ),
  },
);

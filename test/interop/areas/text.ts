import fc from "fast-check";

/** Names that plain objects have already, and what else goes wrong in text. */
const tricky = ["", "0", "__proto__", "constructor", "\u0000", "\ufeffbom", "日本語", "a\\ud", '"'];

/**
 * Text that UTF-8 can hold. Seldom long: of so many bytes, or UTF-16 units, that the varint of its
 * length is about to grow.
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

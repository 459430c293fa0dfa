import { EnvelopeDecodeError, formatEnvelopeBatch, parseEnvelopeBatch } from "@loggregator/api";
import fc from "fast-check";
import { canonical } from "../canonical.js";
import type { Area } from "./area.js";
import { attempt } from "./area.js";
import { anyBatches, compactJson } from "./batches.js";
import { familiarBatches } from "./familiarBatches.js";
import { text as anyString } from "./text.js";

/**
 * The JSON of a batch, read by both. If the reference rejects it, `otherwise` is its result with
 * unknown names ignored and the names of older gateways replaced by today's.
 */
export const jsonArea: Area<string> = {
  name: "JSON",
  cases: fc.oneof(written(), mutated(written()), composed(), mutated(composed())),

  async compare(text, oracle) {
    const ours = attempt(
      () => canonical(compactJson(parseEnvelopeBatch(text))),
      EnvelopeDecodeError,
    );
    const strict = await oracle.ask<unknown>("json", { text });
    if (strict.error === undefined) {
      return { ours, reference: { value: canonical(strict.value) } };
    }
    const question = { text: withNamesOfToday(text), discardUnknown: true };
    const { value } = await oracle.ask<unknown>("json", question);
    const otherwise = value === undefined ? undefined : canonical(value);
    return { ours, reference: { refused: strict.error, otherwise } };
  },
};

export function withNamesOfToday(text: string): string {
  return text.replace(/"(?:sourceId|instanceId|deprecatedTags)"(?=\s*:)/g, (name) =>
    name.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`),
  );
}

/** Returns true if an object has two members with the same name. */
export function hasNameTwice(text: string): boolean {
  const objects: Set<string>[] = [];
  for (const [token, name] of text.matchAll(
    /("(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}]/gs,
  )) {
    if (token === "{") {
      objects.push(new Set());
    } else if (token === "}") {
      objects.pop();
    } else if (name !== undefined) {
      const names = objects.at(-1);
      if (names?.has(name)) {
        return true;
      }
      names?.add(name);
    }
  }
  return false;
}

/** JSON as we write it, and as gateways do, with a space after each comma. */
function written(): fc.Arbitrary<string> {
  const any = fc
    .tuple(anyBatches, fc.boolean())
    .map(([batch, emitUnpopulated]) => formatEnvelopeBatch(batch, { emitUnpopulated }));
  const familiar = fc.tuple(familiarBatches, fc.constantFrom(",", ", ")).map(([batch, comma]) => {
    const text = formatEnvelopeBatch(batch, { emitUnpopulated: true });
    return text.replace(/"(?:[^"\\]|\\.)*"|,/g, (token) => (token === "," ? comma : token));
  });
  return fc.oneof(any, familiar);
}

/** Fields in any order, some with invalid values or with unusual forms of valid ones. */
function composed(): fc.Arbitrary<string> {
  const odd = fc.constantFrom(
    ...["null", "true", "[]", "{}", "[null]", '""', '" "', '"x"', "0", "-0", "1", "-1", "01"],
    ...["1.0", "1.5", "1e2", "1E+2", "15e-1", "10e-1", "1e400", "1e-400", '"1e2"', '"1.0"', '"-0"'],
    ...['" 1"', '"1 "', '"01"', '"+1"', '"0x1"', '"1_0"', '"Infinity"', '"-Infinity"', '"NaN"'],
    ...['"nan"', "NaN", '"18446744073709551615"', "18446744073709551615", "18446744073709551616"],
    ...['"9223372036854775808"', "9223372036854775808", "-9223372036854775808", "9007199254740993"],
    ...[
      "1844674407370955161.5e1",
      "0.9007199254740993e16",
      '"OUT"',
      '"ERR"',
      '"out"',
      "2147483648",
    ],
    ...[
      "-2147483648",
      '"YQ=="',
      '"YQ"',
      '"YQ="',
      '"-_"',
      '"+/"',
      '"-/"',
      '"Y"',
      '"YR=="',
      '"YWJj"',
    ],
    ...[
      '"YW\\nJj\\n\\n\\n"',
      '"\\ud83d\\ude00"',
      '"\\ud800"',
      '"\\u0000"',
      '"\\/"',
      '"é"',
      "\u00a0",
    ],
  );
  const string = anyString.map((value) => JSON.stringify(value));
  const integer = fc.bigInt({ min: -(2n ** 64n), max: 2n ** 65n }).map((n) => `"${n}"`);
  const double = fc.double().map((value) => JSON.stringify(value) ?? "0");
  const base64 = fc.base64String({ maxLength: 12 }).map((value) => JSON.stringify(value));
  const type = fc.constantFrom('"OUT"', '"ERR"', "0", "1", "7");
  const dictionary = (value: fc.Arbitrary<string>) => object(fc.tuple(string, value));

  const value = object(
    member("text", string),
    member("integer", integer),
    member("decimal", double),
  );
  const metric = object(member("unit", string), member("value", double));
  const envelope = object(
    member("timestamp", integer),
    member(fc.constantFrom("source_id", "source_id", "sourceId"), string),
    member(fc.constantFrom("instance_id", "instance_id", "instanceId"), string),
    member(fc.constantFrom("deprecated_tags", "deprecatedTags"), dictionary(value)),
    member("tags", dictionary(string)),
    member("log", object(member("payload", base64), member("type", type))),
    member("counter", object(member("delta", integer), member("total", integer))),
    member("gauge", object(member("metrics", dictionary(metric)))),
    member("timer", object(member("start", integer), member("stop", integer))),
    member("event", object(member("title", string), member("body", string))),
    member("unknown", odd),
  );
  const batch = fc.array(envelope, { maxLength: 2 }).map((items) => `[${items.join(",")}]`);
  return object(member("batch", batch));

  /** A member whose value is sometimes invalid. */
  function member(name: string | fc.Arbitrary<string>, usual: fc.Arbitrary<string>) {
    return fc.tuple(
      (typeof name === "string" ? fc.constant(name) : name).map((n) => JSON.stringify(n)),
      fc.oneof({ weight: 12, arbitrary: usual }, odd),
    );
  }
}

/** An object with a few of the members. */
function object(...members: fc.Arbitrary<[string, string]>[]): fc.Arbitrary<string> {
  const space = fc.constantFrom("", "", "", " ", "\n", "\t");
  return fc
    .uniqueArray(fc.tuple(fc.oneof(...members), space), {
      maxLength: 3,
      selector: ([[name]]) => name,
    })
    .map((some) => `{${some.map(([[name, value], s]) => `${name}${s}:${s}${value}`).join(",")}}`);
}

/** Returns the text with a few characters changed, removed or added. */
function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "\\u00",
    "null",
    "0",
    "1",
    "-",
    "e",
    ".",
  ];
  const edit = fc.record({
    at: fc.nat(2_000),
    remove: fc.oneof({ weight: 6, arbitrary: fc.nat(2) }, fc.constant(2_000)),
    insert: fc.constantFrom("", ...pieces, " ", "\u0001", "\u2028", "\ufeff", "😀"),
  });
  return fc.tuple(text, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([original, edits]) => {
    // By code points, so that no surrogate pair is split: the text is sent to Go as UTF-8.
    let characters = [...original];
    for (const { at, remove, insert } of edits) {
      const start = at % (characters.length + 1);
      characters = characters.toSpliced(start, remove, insert);
    }
    return characters.join("");
  });
}

import {
  MarshalError,
  type Message,
  marshal,
  readFrom,
  UnmarshalError,
  unmarshal,
  writeTo,
} from "@loggregator/rfc5424";
import fc from "fast-check";
import { canonical } from "../canonical.js";
import { base64 } from "../oracle.js";
import { type Area, attempt } from "./area.js";
import { mutated } from "./bytes.js";
import { text } from "./text.js";

const second = 1_000_000_000n;

/** A message that both write, alone and as a frame of a stream. */
export const marshalArea: Area<Message> = {
  name: "syslog messages",
  cases: messages(),

  async compare(message, oracle) {
    const ours = attempt(() => base64(marshal(message)), MarshalError);
    const frames: string[] = [];
    const stream = writeTo([message], { onInvalid: () => {} });
    for await (const frame of stream) {
      frames.push(base64(frame));
    }
    const asked = asLine(message);
    const alone = await oracle.ask<string>("marshal", { message: asked });
    const framed = await oracle.ask<string>("frame", { message: asked });
    return {
      ours: ours.value === undefined ? ours : { value: `${ours.value} ${frames}` },
      reference:
        alone.error === undefined
          ? { value: `${alone.value} ${framed.value}` }
          : { refused: alone.error },
    };
  },
};

/** Bytes of a valid or almost valid message, read by both. */
export const unmarshalArea: Area<Uint8Array> = {
  name: "syslog lines",
  cases: lines(),

  async compare(bytes, oracle) {
    const ours = attempt(() => canonical(asLine(unmarshal(bytes))), UnmarshalError);
    const { value, error } = await oracle.ask("unmarshal", { bytes: base64(bytes) });
    return {
      ours,
      reference: error === undefined ? { value: canonical(value) } : { refused: error },
    };
  },
};

/** A stream of octet-counted messages, read by both up to its first fault. */
export const framesArea: Area<Uint8Array> = {
  name: "syslog streams",
  cases: streams(),

  async compare(bytes, oracle) {
    const messages: unknown[] = [];
    let fault = false;
    try {
      for await (const message of readFrom([bytes], { framing: "octet-counting" })) {
        messages.push(asLine(message));
      }
    } catch (error) {
      if (!(error instanceof UnmarshalError)) {
        throw error;
      }
      fault = true;
    }
    const { value } = await oracle.ask<{ messages: unknown; error: string }>("frames", {
      bytes: base64(bytes),
    });
    return {
      ours: { value: canonical({ messages, fault }) },
      reference: { value: canonical({ messages: value?.messages, fault: value?.error !== "" }) },
    };
  },
};

/** Returns true if the stream contains a count that Go accepts and RFC 5425 does not. */
export function hasOddCount(stream: Uint8Array): boolean {
  const text = Buffer.from(stream).toString("latin1");
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(" ", at);
    const count = text.slice(at, space);
    if (space === -1 || !/^[1-9]\d*$/.test(count)) {
      return /^[+-]?\d+$/.test(count);
    }
    at = space + 1 + Number(count);
  }
  return false;
}

/** Returns true if a line end or a NUL byte precedes a frame of the stream. */
export function hasSeparator(stream: Uint8Array): boolean {
  const text = Buffer.from(stream).toString("latin1");
  for (let at = 0; at < text.length; ) {
    if (/[\r\n\0]/.test(text.charAt(at))) {
      return true;
    }
    const [frameStart = "", count = ""] = /^([1-9]\d*) /.exec(text.slice(at, at + 20)) ?? [];
    if (frameStart === "") {
      return false;
    }
    at += frameStart.length + Number(count);
  }
  return false;
}

/** A message in the form that is exchanged with the Go program. */
function asLine({ timestamp, message, ...rest }: Message): object {
  if (timestamp === undefined) {
    return { ...rest, seconds: "nil", message: base64(message) };
  }
  const nanoseconds = ((timestamp % second) + second) % second;
  return {
    ...rest,
    seconds: String((timestamp - nanoseconds) / second),
    nanoseconds: Number(nanoseconds),
    message: base64(message),
  };
}

function messages(): fc.Arbitrary<Message> {
  const word = fc.oneof(
    { weight: 60, arbitrary: fc.string({ unit: fc.constantFrom("a", "Z", "-", "!", "~") }) },
    { weight: 1, arbitrary: fc.constantFrom("-", "a b", "é", "\u007f", "\0", "日本") },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom(32, 48, 128, 255),
          fc.integer({ min: -1, max: 1 }),
          fc.constantFrom("", "", "a", "é", " "),
        )
        .map(([length, more, end]) => "w".repeat(length + more) + end),
    },
  );
  const name = fc.oneof(
    { weight: 60, arbitrary: word },
    fc.constantFrom("id@1234", "a=b", "a]b", 'a"b'),
  );
  const value = fc.oneof(text, fc.constantFrom('"', "\\", "]", '\\"', "a\nb"));
  return fc.record({
    priority: fc.oneof(fc.nat(191), fc.integer()),
    timestamp: fc.oneof(
      fc.bigInt({ min: -62_135_596_800n * second, max: 253_402_214_400n * second }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
      fc.nat().map((n) => BigInt(n) * 1_000_000n),
    ),
    // Go accepts any offset; an offset of 25 hours cannot be read again and is rejected.
    offsetMinutes: fc.oneof(fc.constant(0), fc.integer({ min: -1439, max: 1439 })),
    useUtc: fc.boolean(),
    ...{ hostname: word, appName: word, processId: word, messageId: word },
    structuredData: fc.array(
      fc.record({ id: name, parameters: fc.array(fc.tuple(name, value), { maxLength: 3 }) }),
      { maxLength: 3 },
    ),
    message: fc.uint8Array({ maxLength: 40 }),
  });
}

/** Lines composed of parts, most of which are valid. */
function lines(): fc.Arbitrary<Uint8Array> {
  const usually = (usual: fc.Arbitrary<string>, ...odd: string[]) =>
    fc.oneof({ weight: 25, arbitrary: usual }, fc.constantFrom(...odd));
  const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, "0"));
  const priority = usually(
    fc.nat(191).map(String),
    ...["", "007", "2147483647", "2147483648", "-1", "+1", "1.0", "٣", " 1"],
  );
  const date = usually(
    fc
      .date({ min: new Date("0000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
      .map((day) => day.toISOString().slice(0, 10)),
    ...["2023-02-29", "2024-02-29", "1900-02-29", "2000-02-29", "2023-2-03", "2023-00-10"],
    ...["2023-13-01", "2023-04-31", "2023-04-00", "20230401", "10000-01-01", "-001-01-01"],
  );
  const time = usually(
    fc.tuple(two(23), two(59), two(59)).map((parts) => parts.join(":")),
    ...["24:00:00", "23:60:00", "23:59:60", "3:04:05", "03:4:05", "03:04:5", "03:04", "030405"],
  );
  const fraction = usually(
    fc.oneof(fc.constant(""), fc.stringMatching(/^\.\d{1,9}$/)),
    ...[".", ",5", ",", ".1234567890123", ".5 ", ".5x", ".+5", ".-5"],
  );
  const zone = usually(
    fc.oneof(
      fc.constant("Z"),
      fc.tuple(fc.constantFrom("+", "-"), two(23), two(59)).map(([s, h, m]) => `${s}${h}:${m}`),
    ),
    ...["", "z", "+0000", "+00", "+24:00", "+24:59", "+24:60", "+25:00", "-00:00", "+1:00", "UTC"],
    ...["+00:60", "+00:61", "Z0", "+00:00Z", "+00:0a"],
  );
  const timestamp = usually(
    fc
      .tuple(date, fc.constantFrom("T", "T", "T", "T", "t", " "), time, fraction, zone)
      .map((parts) => parts.join("")),
    ...["-", "", "now"],
  );
  const word = usually(fc.stringMatching(/^[!-~]{1,12}$/), "-", "", "--", "é", "a\tb", "\ufeff");
  const name = usually(fc.stringMatching(/^[a-z@0-9]{1,8}$/), "", "=", "a=b", '"', "[", "a b", "é");
  const value = usually(fc.string({ maxLength: 8 }), '\\"', "\\]", "\\\\", "\\a", "\\é", "]", "é");
  const parameter = fc.tuple(name, value).map(([n, v]) => ` ${n}="${v}"`);
  const element = fc
    .tuple(name, fc.array(parameter, { maxLength: 3 }))
    .map(([id, parameters]) => `[${id}${parameters.join("")}]`);
  const data = usually(
    fc.oneof(
      fc.constant("-"),
      fc.array(element, { minLength: 1, maxLength: 3 }).map((all) => all.join("")),
    ),
    ...["", "[", "[]", "[a", "[a ]", "[a b]", '[a b=""', "-x", "--", '[a b="1"c="2"]', "[a] [b]"],
  );
  const body = fc.oneof(
    fc.constant(""),
    fc.constant(" "),
    text.map((rest) => ` ${rest}`),
  );
  const line = fc
    .tuple(
      usually(
        priority.map((p) => `<${p}>`),
        "",
        "<1",
        "1>",
        "< 1>",
      ),
      usually(fc.constant("1 "), "", "1", "2 ", "10 ", " 1 "),
      timestamp,
      fc.array(word, { minLength: 4, maxLength: 4 }),
      data,
      body,
    )
    .map(([p, v, t, words, d, b]) => `${p}${v}${[t, ...words, d].join(" ")}${b}`);
  const bytes = line.map((whole) => new Uint8Array(Buffer.from(whole)));
  return fc.oneof({ weight: 3, arbitrary: bytes }, mutated(bytes));
}

/** Frames, some of which have a count that is not their length. */
function streams(): fc.Arbitrary<Uint8Array> {
  const count = (length: number) =>
    fc.oneof(
      { weight: 25, arbitrary: fc.constant(String(length)) },
      fc.constantFrom("0", "", "-1", "+1", "x", `0${length}`, `+${length}`, ` ${length}`),
      fc.integer({ min: -1, max: 1 }).map((more) => String(length + more)),
    );
  const frame = fc
    .tuple(lines(), fc.constantFrom(" ", " ", " ", " ", " ", " ", "", "\n", "  "))
    .chain(([line, space]) =>
      count(line.length).map((digits) => Buffer.concat([Buffer.from(digits + space), line])),
    );
  return fc.array(frame, { maxLength: 4 }).map((frames) => new Uint8Array(Buffer.concat(frames)));
}

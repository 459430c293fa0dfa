import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MarshalError, type Message, marshal, UnmarshalError, unmarshal } from "./index.js";

interface VectorMessage extends Omit<Message, "timestamp" | "offsetMinutes" | "message"> {
  /** RFC 3339. */
  timestamp: string;
  /** Base64. */
  message: string;
}

interface Vectors {
  marshal: { message: VectorMessage; bytes?: string; error?: string }[];
  unmarshal: { bytes: string; message?: VectorMessage; error?: string }[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL("../vectors/rfc5424.json", import.meta.url), "utf8"),
);

describe("the vectors of go-loggregator", () => {
  test.each(vectors.marshal)("marshal: %#", ({ message, bytes, error }) => {
    if (error) {
      expect(() => marshal(toMessage(message))).toThrow(MarshalError);
    } else {
      expect(marshal(toMessage(message))).toEqual(fromBase64(bytes ?? ""));
    }
  });

  test.each(vectors.unmarshal)("unmarshal: %#", ({ message, bytes, error }) => {
    if (error) {
      expect(() => unmarshal(fromBase64(bytes))).toThrow(UnmarshalError);
    } else {
      expect(unmarshal(fromBase64(bytes))).toEqual(toMessage(message as VectorMessage));
    }
  });
});

function toMessage(vector: VectorMessage): Message {
  const fraction = /\.(\d+)/.exec(vector.timestamp)?.[1] ?? "";
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(vector.timestamp) ?? [];
  const ahead = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  const second = Date.parse(vector.timestamp.replace(/\.\d+/, ""));
  return {
    ...vector,
    timestamp: BigInt(second) * 1_000_000n + BigInt(fraction.padEnd(9, "0")),
    offsetMinutes: sign === "-" ? -ahead : ahead,
    message: fromBase64(vector.message),
  };
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

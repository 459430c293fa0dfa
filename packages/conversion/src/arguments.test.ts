import { logEnvelope } from "@loggregator/api";
import { Envelope_EventType, Envelope as V1Envelope } from "@loggregator/api/v1";
import { expect, test } from "vitest";
import { toV1, toV2 } from "./index.js";

const event = V1Envelope.create({ origin: "o", eventType: Envelope_EventType.Error });

test.each([undefined, null, 5, "x", [[]]])("rejects %o in place of an envelope", (value) => {
  expect(() => toV1(value as never)).toThrow(/^envelope must be an object, got /);
  expect(() => toV2(value as never)).toThrow(/^event must be an object, got /);
});

test.each([undefined, null, 5, "x"])("rejects %o in place of the tags", (tags) => {
  expect(() => toV1({ ...logEnvelope("m"), tags } as never)).toThrow(
    /^envelope\.tags must be an object, got /,
  );
  expect(() => toV2({ ...event, tags } as never)).toThrow(/^event\.tags must be an object, got /);
});

test("rejects options that do not exist or have another type", () => {
  expect(() => toV2(event, { usePreferedTags: true } as object)).toThrow(
    'unknown option "usePreferedTags"; did you mean "usePreferredTags"?',
  );
  expect(() => toV2(event, { usePreferredTags: 1 as never })).toThrow(
    "usePreferredTags must be true or false, got 1",
  );
  expect(() => toV2(event, null as never)).toThrow("options must be an object, got null");
});

test("JSON.stringify accepts the result of toV2", () => {
  const [v1] = toV1(logEnvelope("m", { sourceId: "s", timestamp: 5n }));
  expect(JSON.parse(JSON.stringify(toV2(v1 as V1Envelope)))).toMatchObject({
    timestamp: "5",
    source_id: "s",
    log: { payload: "bQ==", type: "ERR" },
  });
});

import { expect, test } from "vitest";
import { addDatum, type MessageInit } from "../index.js";

test("addDatum adds to the first element with the id, or creates one", () => {
  const message: MessageInit = { priority: 14, timestamp: 0n };
  addDatum(message, "foo@1", "a", "1");
  addDatum(message, "bar@1", "b", "2");
  addDatum(message, "foo@1", "a", "3");
  expect(message.structuredData).toEqual([
    {
      id: "foo@1",
      parameters: [
        ["a", "1"],
        ["a", "3"],
      ],
    },
    { id: "bar@1", parameters: [["b", "2"]] },
  ]);
});

test.each([undefined, null, 1])("addDatum rejects %o as a message", (message) => {
  expect(() => addDatum(message as never, "foo@1", "a", "1")).toThrow(
    `message must be an object, got ${message}`,
  );
});

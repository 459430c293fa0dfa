import { expect, it } from "vitest";
import { addDatum, type MessageInit } from "./index.js";

it("addDatum adds to the first element of that id, and makes one where there is none", () => {
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

import fc from "fast-check";
import { expect, test } from "vitest";
import { closestName } from "../index.js";

const known = [
  "address",
  "sourceId",
  "instanceId",
  "flushIntervalMs",
  "batchMaxSize",
  "tls",
  "tags",
];

test.each([
  ["adress", "address"],
  ["addres", "address"],
  ["addresss", "address"],
  ["adderss", "address"],
  ["Address", "address"],
  ["sourceID", "sourceId"],
  ["source_id", "sourceId"],
  ["sourceid", "sourceId"],
  ["InstanceID", "instanceId"],
  ["flushIntervalMS", "flushIntervalMs"],
  ["flushInterval", "flushIntervalMs"],
  ["batchMaxsize", "batchMaxSize"],
  ["maxBatchSize", undefined],
  ["tsl", "tls"],
  ["tag", "tags"],
  ["colour", undefined],
  ["", undefined],
  ["__proto__", undefined],
  ["constructor", undefined],
  ["x".repeat(100_000), undefined],
])("%s is closest to %s", (name, closest) => {
  expect(closestName(name, known)).toBe(closest);
});

test("chooses the closest of several, and the first of equally close ones", () => {
  expect(closestName("tagz", ["tugs", "tags", "tals"])).toBe("tags");
  expect(closestName("tax", ["tap", "tag"])).toBe("tap");
});

test("has no suggestion without known names", () => {
  expect(closestName("address", [])).toBe(undefined);
});

test("suggests a known name for each of its misspellings by one character", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("address", "sourceId", "flushIntervalMs"),
      fc.nat(),
      fc.constantFrom("x", ""),
      fc.nat(1),
      (name, at, inserted, removed) => {
        const place = at % name.length;
        const misspelled = name.slice(0, place) + inserted + name.slice(place + removed);
        expect(closestName(misspelled, known)).toBe(name);
      },
    ),
  );
});

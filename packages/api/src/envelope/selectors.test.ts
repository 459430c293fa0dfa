import { describe, expect, test } from "vitest";
import { bad, typeError } from "../../testing/errors.js";
import {
  EgressBatchRequest,
  type Selector,
  selectAll,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  selectTimer,
} from "../index.js";

describe.each([
  ["log", selectLog, {}],
  ["counter", selectCounter, { name: "" }],
  ["gauge", selectGauge, { names: [] }],
  ["timer", selectTimer, {}],
  ["event", selectEvent, {}],
] as const)("the selector of %s", ($case, select, value) => {
  test("selects all sources by default", () => {
    const all = { sourceId: "", message: { $case, value } };
    expect(select()).toEqual(all);
    expect(select({})).toEqual(all);
    expect(select({ sourceId: undefined })).toEqual(all);
  });

  test("selects one source", () => {
    expect(select({ sourceId: "app" })).toEqual({ sourceId: "app", message: { $case, value } });
  });

  test("rejects invalid options with the name and the value", () => {
    expect(() => select(bad("app"))).toThrow(typeError('options must be an object, got "app"'));
    expect(() => select(bad(null))).toThrow(typeError("options must be an object, got null"));
    expect(() => select({ sourceId: bad(7) })).toThrow(
      typeError("sourceId must be a string, got 7"),
    );
  });
});

test("selectCounter selects by name", () => {
  expect(selectCounter({ name: "requests", sourceId: "app" })).toEqual({
    sourceId: "app",
    message: { $case: "counter", value: { name: "requests" } },
  });
  expect(() => selectCounter({ name: bad(["a"]) })).toThrow(
    typeError("name must be a string, got an array"),
  );
});

test("selectGauge selects by names, and copies them", () => {
  const names = ["cpu", "memory"];
  const selector = selectGauge({ names });
  names.push("disk");
  expect(selector.message).toEqual({ $case: "gauge", value: { names: ["cpu", "memory"] } });
});

test("selectGauge rejects invalid names", () => {
  const names = (value: unknown) => () => selectGauge({ names: bad(value) });
  expect(names("cpu")).toThrow(typeError('names must be an array of strings, got "cpu"'));
  expect(names(null)).toThrow(typeError("names must be an array of strings, got null"));
  expect(names(["cpu", 7])).toThrow(typeError("names[1] must be a string, got 7"));
  expect(names(new Array(1))).toThrow(typeError("names[0] must be a string, got undefined"));
});

describe("selectAll", () => {
  test("is one selector of each type", () => {
    expect(selectAll()).toEqual([
      selectLog(),
      selectCounter(),
      selectGauge(),
      selectTimer(),
      selectEvent(),
    ]);
  });

  test("selects one source if given", () => {
    expect(selectAll({ sourceId: "app" }).map(({ sourceId }) => sourceId)).toEqual(
      Array<string>(5).fill("app"),
    );
  });

  test("rejects invalid options", () => {
    expect(() => selectAll(bad("app"))).toThrow(typeError('options must be an object, got "app"'));
    expect(() => selectAll({ sourceId: bad(7) })).toThrow(
      typeError("sourceId must be a string, got 7"),
    );
  });
});

test("selectors can be sent in a request", () => {
  const selectors: Selector[] = [
    ...selectAll({ sourceId: "app" }),
    selectCounter({ name: "requests" }),
    selectGauge({ names: ["cpu", "memory"] }),
  ];
  const request = EgressBatchRequest.create({ shardId: "shard", selectors });
  const decoded = EgressBatchRequest.decode(EgressBatchRequest.encode(request).finish());
  expect(decoded.selectors).toMatchObject(selectors);
});

import { readFileSync } from "node:fs";
import {
  EgressBatchRequest,
  selectAll,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  selectTimer,
} from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { checkRequest, type GatewayRequest } from "./gatewayRequest.js";
import { readUrl } from "./readUrl.js";

interface Entry {
  request: {
    shardId?: string;
    deterministicName?: string;
    selectors?: ({ sourceId?: string } & Record<string, unknown>)[];
  };
  url: string;
}

const entries: Entry[] = JSON.parse(
  readFileSync(new URL("../../vectors/rlp-gateway-queries.json", import.meta.url), "utf8"),
);

/** Parses a request of the vectors: protojson, in which the property names the selector's case. */
function parseRequest({ selectors = [], ...request }: Entry["request"]): GatewayRequest {
  const { shardId, deterministicName, ...parsed } = EgressBatchRequest.fromPartial({
    ...request,
    selectors: selectors.map(({ sourceId = "", ...types }) => {
      const [$case, value] = Object.entries(types)[0] ?? [];
      const message = $case === undefined ? undefined : ({ $case, value } as never);
      return { sourceId, message };
    }),
  });
  return { shardId, deterministicName, selectors: parsed.selectors };
}

function parameters(url: string): string[] {
  return [...new URL(url).searchParams].map(([name, value]) => `${name}=${value}`).sort();
}

/** Returns the subscriptions that a gateway creates from a query: each type with each source. */
function subscriptionsOf(url: string): string[] {
  const query = new URL(url).searchParams;
  const sources = query.getAll("source_id");
  const types = ["log", "timer", "event"].filter((type) => query.has(type));
  for (const type of ["counter", "gauge"]) {
    const names = query.getAll(`${type}.name`);
    types.push(...names.map((name) => `${type} ${name}`));
    if (names.length === 0 && query.has(type)) {
      types.push(type);
    }
  }
  return (sources.length === 0 ? [""] : sources)
    .flatMap((source) => types.map((type) => `${source} ${type}`))
    .sort();
}

function requestedSubscriptions(request: GatewayRequest): string[] {
  const all = request.selectors.map(({ sourceId, message }) => {
    const names =
      message?.$case === "counter"
        ? message.value.name
        : message?.$case === "gauge"
          ? message.value.names.join(",")
          : "";
    return `${sourceId} ${message?.$case}${names && ` ${names}`}`;
  });
  return [...new Set(all)].sort();
}

describe("the query", () => {
  test("equals the Go client's for every request, except for repeated parameters", () => {
    expect(entries).toHaveLength(120);
    for (const { request, url } of entries) {
      // The Go client repeats types, which the gateway ignores, and sometimes names, which make the
      // gateway send envelopes twice.
      const expected = parameters(url).filter(
        (parameter, index, all) => all.indexOf(parameter) === index,
      );
      const ours = readUrl("https://gateway.example", parseRequest(request));
      // One request selects all counters and also one by name. The reference omits the type without
      // a name, which the gateway ignores if there is a name. `stream` rejects such a request.
      const bare = expected.some((parameter) => parameter.startsWith("counter.name="));
      expect(parameters(ours).filter((parameter) => !bare || parameter !== "counter=")).toEqual(
        expected,
      );
      expect(new URL(ours).pathname).toBe("/v2/read");
    }
  });

  test("selects exactly the requested envelopes, or the request is rejected", () => {
    let accepted = 0;
    for (const entry of entries) {
      const request = parseRequest(entry.request);
      const url = readUrl("https://gateway.example", request);
      // A selector without a type selects nothing. If all are without a type, the gateway responds
      // 400.
      const some = { selectors: request.selectors.filter(({ message }) => message !== undefined) };
      if (
        some.selectors.length === 0 ||
        subscriptionsOf(url).join() === requestedSubscriptions(some).join()
      ) {
        checkRequest(request);
        accepted += 1;
      } else {
        expect(() => checkRequest(request)).toThrow(/^selectors/);
      }
    }
    expect(accepted).toBe(73);
  });

  test("escapes values", () => {
    const url = readUrl("https://gateway.example", {
      shardId: "a&log#ü /?",
      deterministicName: "=+%",
      selectors: [
        selectCounter({ sourceId: "s&t", name: "a b&c=d" }),
        selectGauge({ sourceId: "s&t", names: ["x,".slice(0, 1), "y&z"] }),
      ],
    });
    expect([...new URL(url).searchParams]).toEqual([
      ["shard_id", "a&log#ü /?"],
      ["deterministic_name", "=+%"],
      ["source_id", "s&t"],
      ["counter.name", "a b&c=d"],
      ["gauge.name", "x,y&z"],
    ]);
    expect(url).not.toContain("+");
  });

  test("contains a name once even if several sources select it", () => {
    const request: GatewayRequest = {
      selectors: ["a", "b"].flatMap((sourceId) => [
        selectCounter({ sourceId, name: "requests" }),
        selectGauge({ sourceId, names: sourceId === "a" ? ["x", "y"] : ["y", "x"] }),
      ]),
    };
    checkRequest(request);
    expect(subscriptionsOf(readUrl("https://gateway.example", request))).toEqual([
      "a counter requests",
      "a gauge x,y",
      "b counter requests",
      "b gauge x,y",
    ]);
  });
});

describe("the size of a request", () => {
  const gateway = "https://gateway.example";
  const sources = (count: number, length = 1) =>
    Array.from({ length: count }, (_, n) => selectLog({ sourceId: `${n}`.padEnd(length, "x") }));

  test("may be up to 10,000 parameters, in which each type is sent once", () => {
    const selectors = sources(9_999);
    checkRequest({ selectors });
    expect([...new URL(readUrl(gateway, { selectors })).searchParams]).toHaveLength(10_000);
    const all = sources(9_995).flatMap(({ sourceId }) => selectAll({ sourceId }));
    checkRequest({ selectors: all });
    expect([...new URL(readUrl(gateway, { selectors: all })).searchParams]).toHaveLength(10_000);
  });

  test.each<[string, GatewayRequest, RegExp]>([
    ["10,001 parameters", { selectors: sources(10_000) }, /at most 10000 parameters.*got 10001/],
    [
      "a URL of more than 1 MiB",
      { selectors: sources(1_100, 1_000) },
      /at most 1048576 char.*got 11/,
    ],
    [
      "a long shard id",
      { shardId: "x".repeat(2 ** 20), selectors: [] },
      /at most 1048576 characters/,
    ],
  ])("of %s is rejected with advice", (_, request, message) => {
    expect(() => readUrl(gateway, request)).toThrow(RangeError);
    expect(() => readUrl(gateway, request)).toThrow(message);
    expect(() => readUrl(gateway, request)).toThrow(/Open several streams/);
  });
});

describe("a request", () => {
  test("is accepted if every source has the same selectors", () => {
    for (const selectors of [
      [selectLog()],
      selectAll(),
      [...selectAll({ sourceId: "a" }), ...selectAll({ sourceId: "b" })],
      [selectTimer({ sourceId: "a" }), selectEvent({ sourceId: "a" })],
      [selectCounter({ name: "x" }), selectCounter({ name: "y" })],
      [selectGauge({ names: ["x"] }), selectGauge({ names: ["x", "y"] })],
    ]) {
      expect(() => checkRequest({ selectors })).not.toThrow();
    }
  });

  test.each([
    [
      "a type for one source and none for another",
      [selectLog({ sourceId: "a" }), { sourceId: "b", message: undefined }],
      /every type to every source/,
    ],
    [
      "logs of one source and counters of another",
      [selectLog({ sourceId: "a" }), selectCounter({ sourceId: "b" })],
      /every type to every source.*"counter" for the source "a".*Open a stream/,
    ],
    [
      "counters of different names from two sources",
      [selectCounter({ sourceId: "a", name: "x" }), selectCounter({ sourceId: "b", name: "y" })],
      /"counter.name=y" for the source "a"/,
    ],
    [
      "all sources and one of them",
      [selectLog(), selectLog({ sourceId: "a" })],
      /all sources with specific source ids.*open a stream for each/,
    ],
    [
      "all counters and one of them",
      [selectCounter(), selectCounter({ name: "x" })],
      /all counters with "counter.name=x".*Leave the name out/,
    ],
    [
      "all gauges and one of them",
      [selectGauge(), selectGauge({ names: ["x"] })],
      /all gauges with "gauge.name=x".*Leave the name out/,
    ],
    [
      "a gauge name with a comma",
      [selectGauge({ names: ["x,y"] })],
      /selectors\[0\]\.names must be .* without a comma, got "x,y".*Select all gauges/,
    ],
    [
      "an empty gauge name",
      [selectGauge({ names: [""] })],
      /selectors\[0\]\.names must be .*got ""/,
    ],
    ["an unpaired surrogate", [selectLog({ sourceId: "\ud800" })], /selectors\[0\]\.sourceId/],
  ])("with %s is rejected with advice", (_, selectors, advice) => {
    expect(() => checkRequest({ selectors })).toThrow(RangeError);
    expect(() => checkRequest({ selectors })).toThrow(advice);
  });

  test("can be an EgressBatchRequest, whose legacy selector is used without selectors", () => {
    const legacySelector = selectCounter({ sourceId: "a", name: "x" });
    const request: EgressBatchRequest = EgressBatchRequest.fromPartial({ legacySelector });
    const withSelectors = { ...request, selectors: [selectLog()] };
    const urlOf = (given: GatewayRequest) =>
      readUrl("https://gateway.example", checkRequest(given));
    expect(urlOf(request)).toBe("https://gateway.example/v2/read?source_id=a&counter.name=x");
    expect(urlOf(withSelectors)).toBe("https://gateway.example/v2/read?log");
    for (const other of [
      EgressBatchRequest.fromPartial({ shardId: "s", usePreferredTags: true }),
      EgressBatchRequest.decode(Uint8Array.of(0xf8, 0x3f, 1)),
    ]) {
      expect(checkRequest(other)).toEqual(other);
    }
  });

  test("that is malformed is rejected", () => {
    for (const [request, message] of [
      [
        { selectors: [{ sourceId: "a", message: { $case: "tag", value: {} } }] },
        /selectors\[0\] must be .*"tag"/,
      ],
      [{ selectors: selectLog() }, /selectors must be an array/],
      [{ selectors: [selectLog()], shardId: 7 }, /shardId must be a string, got 7/],
      [{ selectors: [selectLog()], sourceID: "a" }, /unknown option "request.sourceID"/],
      [
        { selectors: [{ ...selectLog(), sourceID: "a" }] },
        /unknown option "selectors\[0\].sourceID"; did you mean "sourceId"/,
      ],
      [
        { selectors: [{ message: { $case: "gauge", value: { name: "x" } } }] },
        /unknown option "selectors\[0\].message.value.name"; did you mean "names"/,
      ],
      [
        { selectors: [{ message: { $case: "log" } }] },
        /selectors\[0\].message.value must be an ob/,
      ],
      [
        { selectors: [], legacySelector: { sourceId: 7 } },
        /legacySelector.sourceId must be a string, got 7/,
      ],
      [
        { selectors: [selectLog()], legacySelector: "log" },
        /legacySelector must be an object, got "log"/,
      ],
      [{ selectors: [null] }, /selectors\[0\] must be an object, got null/],
    ] as const) {
      expect(() => checkRequest(request as never)).toThrow(TypeError);
      expect(() => checkRequest(request as never)).toThrow(message);
    }
  });
});

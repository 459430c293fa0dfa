import { counterEnvelope, Envelope, gaugeEnvelope, timerEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { EnvelopeStore } from "../../store/envelopeStore.js";
import { instantQuery, type QueryResult, rangeQuery } from "./queries.js";

const s = 1_000_000_000n;

function storeWith(...envelopes: Envelope[]): EnvelopeStore {
  const store = new EnvelopeStore({ maxPerSource: 10_000, maxBytes: 1e8 });
  for (const envelope of envelopes) {
    store.put(envelope, Envelope.encode(envelope).finish());
  }
  return store;
}

/** A counter that has 10 more every 10 s from 1000 to 1100, and gauges of two instances. */
const store = storeWith(
  ...Array.from({ length: 11 }, (_, i) =>
    counterEnvelope("requests", {
      sourceId: "a",
      total: BigInt(10 * i),
      timestamp: (1000n + BigInt(10 * i)) * s + 5n,
    }),
  ),
  ...["0", "1"].flatMap((instanceId) =>
    [1, 2, 3].map((step) =>
      gaugeEnvelope(
        { cpu: { value: step * 10 ** Number(instanceId), unit: "%" } },
        {
          sourceId: "a",
          instanceId,
          tags: { zone: instanceId === "0" ? "z1" : "z2", "odd-tag.x": "y" },
          timestamp: (1000n + BigInt(20 * step)) * s,
        },
      ),
    ),
  ),
  timerEnvelope("http.latency", 1060n * s, 1061n * s + 5n, {
    sourceId: "b",
    tags: { status_code: "200" },
    timestamp: 1061n * s,
  }),
  counterEnvelope("reset", { sourceId: "b", total: 10n, timestamp: 1000n * s }),
  counterEnvelope("reset", { sourceId: "b", total: 30n, timestamp: 1010n * s }),
  counterEnvelope("reset", { sourceId: "b", total: 5n, timestamp: 1020n * s }),
  gaugeEnvelope({ nan: { value: Number.NaN, unit: "" } }, { sourceId: "c", timestamp: 1000n * s }),
  gaugeEnvelope({ both: { value: 1, unit: "" } }, { sourceId: "c", timestamp: 1010n * s + 1n }),
  gaugeEnvelope({ both: { value: 2, unit: "" } }, { sourceId: "c", timestamp: 1010n * s + 2n }),
);

const instant = (query: string, time = "1101"): QueryResult =>
  instantQuery(store, query, time, 1_200_000);

/** The values of an instant query, with a label if one is named. */
function values(query: string, time?: string, label?: string): unknown {
  const result = instant(query, time);
  switch (result.type) {
    case "scalar":
      return result.point.value;
    case "vector":
      return result.samples.map(({ labels, point }) =>
        label === undefined ? point.value : [Object.fromEntries(labels)[label], point.value],
      );
    case "matrix":
      return result.series.map(({ points }) => points.map(({ value }) => value));
  }
}

function range(query: string, start: string, end: string, step: string): unknown {
  const result = rangeQuery(store, { query, start, end, step }, (points) => new Error(`${points}`));
  return result.type === "matrix"
    ? result.series.map(({ points }) => points.map(({ time, value }) => [time / 1000, value]))
    : result;
}

function failure(query: string, time?: string): string {
  try {
    instant(query, time);
  } catch (error) {
    return (error as { details: string }).details;
  }
  throw new Error("the query did not fail");
}

describe("scalars and arithmetic", () => {
  test.for([
    ["1 + 2 * 3", 7],
    ["2 ^ 3 ^ 2", 512],
    ["-2 ^ 2", 4],
    ["(1 + 2) * 3 % 4", 1],
    ["1 > bool 2", 0],
    ["0x10 + 010", 24],
    ["1e3 + .5", 1000.5],
    ["inf", Number.POSITIVE_INFINITY],
    ["NaN", Number.NaN],
    ["1 / 0", Number.POSITIVE_INFINITY],
  ])("%s is %s", ([query, value]) => {
    expect(values(String(query))).toBe(value);
  });

  test.for([
    ['cpu{source_id="a",zone="z1"} * 2', [6]],
    ['2 * cpu{source_id="a",zone="z1"}', [6]],
    ['-cpu{source_id="a",zone="z1"}', [-3]],
    ['cpu{source_id="a"} + cpu{source_id="a"}', [6, 60]],
    ['cpu{source_id="a"} / on(zone) cpu{source_id="a"}', [1, 1]],
    ['cpu{source_id="a"} - ignoring(zone) cpu{source_id="a"}', [0, 0]],
    ['cpu{source_id="a"} > 5', [30]],
    ['5 < cpu{source_id="a"}', [30]],
    ['cpu{source_id="a"} > bool 5', [0, 1]],
    ['cpu{source_id="a"} == 3', [3]],
    ['cpu{source_id="a"} + both{source_id="c"}', []],
  ])("%s is %s", ([query, value]) => {
    expect(values(String(query))).toEqual(value);
  });
});

describe("selectors", () => {
  test("have the tags as labels, source_id, and instance_id, but no name", () => {
    const result = instant('cpu{source_id="a",zone="z1"}');
    expect(result).toMatchObject({ type: "vector", samples: [{ labels: expect.any(Array) }] });
    expect(result.type === "vector" && Object.fromEntries(result.samples[0]?.labels ?? [])).toEqual(
      {
        zone: "z1",
        "odd-tag.x": "y",
        source_id: "a",
        instance_id: "0",
      },
    );
  });

  test.for([
    ['http_latency{source_id="b"}', [1_000_000_005]],
    ['{__name__="http_latency",source_id="b"}', [1_000_000_005]],
    ['{__name__=~"http.*",source_id="b"}', []],
    ['cpu{source_id=~"a|b"}', [3, 30]],
    ['cpu{source_id=~"a.*"}', []],
    ['cpu{source_id="a",instance_id="1"}', []],
    ['http_latency{source_id="b",status_code!="200"}', [1_000_000_005]],
    ['http_latency{source_id="b",status_code=~"2.."}', []],
    ['http_latency{source_id="b",status_code!~"200"}', [1_000_000_005]],
    ['cpu{source_id="unknown"}', []],
    ['both{source_id="c"}', [2]],
    ['both{source_id="c"} # comment', [2]],
    ["both{source_id='c'}", [2]],
    ["both{source_id=`c`,}", [2]],
    ['both{source_id="\\x63"}', [2]],
    ['cpu{source_id="a"} offset 1m', [1, 10]],
  ])("%s selects %s", ([query, value]) => {
    const time = String(query).includes("offset") ? "1081" : undefined;
    expect(values(String(query), time)).toEqual(value);
  });

  test("exclude the time itself, and look back five minutes", () => {
    expect(values('cpu{source_id="a",zone="z1"}', "1020")).toEqual([]);
    expect(values('cpu{source_id="a",zone="z1"}', "1040")).toEqual([1]);
    expect(values('cpu{source_id="a",zone="z1"}', "1360")).toEqual([3]);
    expect(values('cpu{source_id="a",zone="z1"}', "1361")).toEqual([]);
  });

  test("accept RFC 3339 and decimals as time; the default is now, truncated to a second", () => {
    expect(instant("1", "1970-01-01T00:16:40.5Z")).toMatchObject({ point: { time: 1_000_500 } });
    expect(instant("1", "1000.25")).toMatchObject({ point: { time: 1_000_250 } });
    expect(instantQuery(store, "1", "", 1_200_987)).toMatchObject({ point: { time: 1_200_000 } });
  });
});

describe("ranges", () => {
  test.for([
    ['requests{source_id="a"}[25s]', [[80, 90, 100]]],
    ['rate(requests{source_id="a"}[50s])', [1]],
    ['increase(requests{source_id="a"}[50s])', [50]],
    ['delta(cpu{source_id="a",zone="z1"}[100s])', [3.45]],
    ['avg_over_time(cpu{source_id="a"}[100s])', [2, 20]],
    ['sum_over_time(cpu{source_id="a"}[100s])', [6, 60]],
    ['min_over_time(cpu{source_id="a"}[100s])', [1, 10]],
    ['max_over_time(cpu{source_id="a"}[100s])', [3, 30]],
    ['count_over_time(cpu{source_id="a"}[100s])', [3, 3]],
    ['quantile_over_time(0.5, cpu{source_id="a"}[100s])', [2, 20]],
    ['stdvar_over_time(cpu{source_id="a",zone="z1"}[100s])', [2 / 3]],
    ['stddev_over_time(cpu{source_id="a",zone="z1"}[100s])', [Math.sqrt(2 / 3)]],
    ['max_over_time(cpu{source_id="a",zone="z1"}[100s:20s])', [3]],
    ['rate(requests{source_id="a"}[5s])', []],
  ])("%s is %s", ([query, value]) => {
    expect(values(String(query))).toEqual(value);
  });
});

test("a counter that falls has been reset", () => {
  // 10, 30 and then 5: 25 more in 20 s, extrapolated by 8 s before and 1 s after.
  const [rate] = values('rate(reset{source_id="b"}[30s])', "1021") as number[];
  expect(rate).toBeCloseTo((25 * 29) / 20 / 30, 10);
});

test("`nan` and `inf` are numbers", () => {
  expect(failure('nan{source_id="c"}')).toBe(
    'parse error at char 4: could not parse remaining input "{source_id=\\"c\\"}"...',
  );
});

describe("aggregations", () => {
  test.for([
    ['sum(cpu{source_id="a"})', [33]],
    ['avg(cpu{source_id="a"})', [16.5]],
    ['min(cpu{source_id="a"})', [3]],
    ['max(cpu{source_id="a"})', [30]],
    ['count(cpu{source_id="a"})', [2]],
    ['sum(cpu{source_id="unknown"})', []],
    ['sum(rate(requests{source_id="a"}[50s])) * 60', [60]],
  ])("%s is %s", ([query, value]) => {
    expect(values(String(query))).toEqual(value);
  });

  test("group by labels, or without them", () => {
    const byZone = [
      ["z1", 3],
      ["z2", 30],
    ];
    expect(values('sum by (zone) (cpu{source_id="a"})', undefined, "zone")).toEqual(byZone);
    expect(values('sum(cpu{source_id="a"}) by (zone)', undefined, "zone")).toEqual(byZone);
    const without = 'max without (instance_id, source_id) (cpu{source_id="a"})';
    expect(values(without, undefined, "zone")).toEqual(byZone);
  });
});

describe("range queries", () => {
  test("have a point for each step at which there is a value", () => {
    expect(range('requests{source_id="a"}', "990", "1030", "10")).toEqual([
      [
        [1000, 0],
        [1010, 10],
        [1020, 20],
        [1030, 20],
      ],
    ]);
    expect(range("1 + 1", "0", "2", "1s")).toEqual([
      [
        [0, 2],
        [1, 2],
        [2, 2],
      ],
    ]);
    expect(range('sum(cpu{source_id="a"})', "1020", "1040", "20")).toEqual([
      [
        [1020, 11],
        [1040, 11],
      ],
    ]);
  });

  test.for([
    ["1", "", "", "", 'couldn\'t parse step: cannot parse "" to a valid step'],
    [
      "1",
      "",
      "2",
      "1",
      'couldn\'t parse start: cannot parse "" to a valid Unix or RFC3339 timestamp',
    ],
    [
      "1",
      "1",
      "x",
      "1",
      'couldn\'t parse end: cannot parse "x" to a valid Unix or RFC3339 timestamp',
    ],
    ["1", "1", "2", "0", "unexpected error: runtime error: integer divide by zero"],
    [
      'cpu{source_id="a"}',
      "1020",
      "1060",
      "-1",
      "unexpected error: runtime error: makeslice: cap out of range",
    ],
    [
      'cpu{source_id="a"}',
      "1080",
      "1060",
      "1",
      "unexpected error: runtime error: makeslice: cap out of range",
    ],
    [
      'cpu{source_id="a"}[1m]',
      "1",
      "2",
      "1",
      'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    ],
    ["1", "1", "2", "1e30", 'cannot parse "1e30" to a valid step. It overflows int64'],
  ] as const)("%s from %s to %s by %s fails", ([query, start, end, step, message]) => {
    expect(() => range(query, start, end, step)).toThrow(message);
  });

  test("with a step or a range backwards are empty if the selector finds nothing", () => {
    expect(range('cpu{source_id="unknown"}', "1060", "1020", "1")).toEqual([]);
  });
});

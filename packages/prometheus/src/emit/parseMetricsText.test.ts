import { expect, test } from "vitest";
import { ScrapeError } from "../index.js";
import { parseMetricsText } from "./parseMetricsText.js";

test("parses names, labels, escapes, values and types", () => {
  const text = [
    "# HELP http_requests_total The total.",
    "# TYPE http_requests_total counter",
    'http_requests_total{method="post",code="200"} 1027 1395066363000',
    'http_requests_total{ method = "po\\"s\\\\t\\n" , } 3',
    "",
    "# a comment",
    "# TYPE h histogram",
    'h_bucket{le="+Inf",path="a}b, c"} 4 # {trace_id="x"} 0.67 1.5',
    "h_sum{} 1.7560473e+07\r",
    "plain  -Inf",
    "other NaN",
    "# EOF",
  ].join("\n");
  expect(parseMetricsText(text)).toEqual([
    sample("http_requests_total", { method: "post", code: "200" }, 1027, "counter"),
    sample("http_requests_total", { method: 'po"s\\t\n' }, 3, "counter"),
    { ...sample("h_bucket", { le: "+Inf", path: "a}b, c" }, 4, "histogram"), family: "h" },
    { ...sample("h_sum", {}, 17560473, "histogram"), family: "h" },
    sample("plain", {}, Number.NEGATIVE_INFINITY, "untyped"),
    sample("other", {}, Number.NaN, "untyped"),
  ]);
});

function sample(name: string, labels: Record<string, string>, value: number, type: string) {
  return { name, labels, value, family: name, type };
}

test("labels may have any name", () => {
  const [parsed] = parseMetricsText('m{__proto__="x"} 1');
  expect(Object.entries(parsed?.labels ?? {})).toEqual([["__proto__", "x"]]);
});

test.each([
  "<html>",
  "m",
  "m x",
  "m 0x10",
  "m 1 2 3",
  "m{a} 1",
  'm{a="1} 1',
  'm{a="1"',
  'm{a="1" b="2"} 1',
  "m{a=1} 1",
  "1m 1",
  "m{ 1",
])("rejects %j with the number of the line", (line) => {
  const parse = () => parseMetricsText(`ok 1\n${line}\n`);
  expect(parse).toThrow(ScrapeError);
  expect(parse).toThrow(/^line 2 is not a Prometheus metric: /);
});

test("rejects a long malformed line quickly, with a truncated message", () => {
  const line = `m{${'a="\\"'.repeat(100_000)}`;
  expect(() => parseMetricsText(line)).toThrow(/^.{1,300}$/s);
});

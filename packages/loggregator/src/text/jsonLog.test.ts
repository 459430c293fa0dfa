import { expect, test } from "vitest";
import { jsonLogText } from "./jsonLog.js";

const pino = '{"level":30,"time":1769860800000,"msg":"cart paid","req":{"id":7},"user":"a b"}';

test.each([
  ["line", pino, 'INFO cart paid time=1769860800000 req={"id":7} user="a b"'],
  ["line", '{"severity":"ERROR","message":"x","n":null}', "ERROR x n=null"],
  ["line", '{"level":7,"event":"e","a":""}', 'level=7 e a=""'],
  ["line", '{"message":{"a":1}}', 'message={"a":1}'],
  ["line", "not JSON", "not JSON"],
  ["raw", pino, pino],
  ["pretty", '{"a":{"b":1}}', '{\n  "a": {\n    "b": 1\n  }\n}'],
  ["pretty", "{broken", "{broken"],
  ["line", `{"msg":"x","id":12345678901234567890}`, `{"msg":"x","id":12345678901234567890}`],
] as const)("as %s: %s", (mode, text, expected) => {
  expect(jsonLogText(text, mode)).toBe(expected);
});

test("selects fields by path, in the order of the paths", () => {
  expect(jsonLogText(pino, "raw", ["msg", "nope", "req.id", "level"])).toBe("cart paid 7 30");
  expect(jsonLogText("not JSON", "line", ["msg"])).toBe("not JSON");
});

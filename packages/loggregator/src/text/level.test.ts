import { expect, test } from "vitest";
import { isAtLeast, levelOf } from "./level.js";

test.each([
  ["pino", '{"level":30,"time":1,"msg":"hello"}', "info"],
  ["bunyan", '{"name":"x","level":60,"msg":"x"}', "fatal"],
  ["winston", '{"level":"warn","message":"x"}', "warn"],
  ["zap", '{"level":"dpanic","severity":"CRITICAL"}', "fatal"],
  ["lager", '{"timestamp":"1","source":"rep","log_level":2,"data":{}}', "error"],
  ["GELF", '{"version":"1.1","level":4,"short_message":"x"}', "warn"],
  ["Elastic Common Schema", '{"log.level":"ERROR","message":"x"}', "error"],
  ["nested ECS", '{"log":{"level":"debug"}}', "debug"],
  ["python-json-logger", '{"levelname":"WARNING"}', "warn"],
  ["Serilog", '{"@t":"x","@l":"Warning"}', "warn"],
  ["JSON without", '{"error":"ERROR"}', undefined],
  ["JSON of another shape", '{"__proto__":1,"level":{}}', undefined],
  ["log4j", "2026-01-31 12:00:00,123 ERROR [main] com.example.Cart - refused", "error"],
  ["Spring Boot", "2026-01-31T12:00:00.123Z  WARN 1 --- [nio-8080] o.s.web : x", "warn"],
  ["java.util.logging", "SEVERE: refused", "error"],
  ["Python", "WARNING:root:disk is full", "warn"],
  ["Python with name", "2026-01-31 12:00:00,000 - shop - CRITICAL - x", "fatal"],
  ["uvicorn", 'INFO:     10.0.0.1:1 - "GET / HTTP/1.1" 200 OK', "info"],
  ["Rails", "E, [2026-01-31T12:00:00.0 #7] ERROR -- : refused", "error"],
  ["klog", "W0131 12:00:00.000000       1 cart.go:7] slow", "warn"],
  ["logfmt", 'time=2026 level=error msg="refused"', "error"],
  ["logrus with quotes", 'time="2026-01-31T12:00:00Z" level=warning msg=x', "warn"],
  ["slog", "2026/01/31 12:00:00 INFO hello user=x", "info"],
  ["winston simple", "debug: cache hit", "debug"],
  [".NET", "fail: Shop.Cart[0]", "error"],
  ["Serilog console", "[12:00:00 INF] hello", "info"],
  ["nginx", "2026/01/31 12:00:00 [error] 7#7: *1 connect() failed", "error"],
  ["Apache", "[Sat Jan 31 12:00:00 2026] [core:notice] [pid 1] x", "info"],
  ["Postgres", "2026-01-31 12:00:00.000 UTC [7] FATAL:  role does not exist", "fatal"],
  ["Go's panic", "panic: runtime error", "fatal"],
  ["an exception of Java", "java.lang.IllegalStateException: x", "error"],
  ["an uncaught exception of Java", 'Exception in thread "main" x.Y', "error"],
  ["an exception of Node.js", "TypeError: x is not a function", "error"],
  ["a traceback of Python", "Traceback (most recent call last):", "error"],
  ["a coloured name", "\x1b[31mERROR\x1b[0m boom", "error"],
  ["a coloured exception", "\x1b[31mError: boom\x1b[0m", "error"],
  ["an access log", '"GET /error HTTP/1.1" 500 /ERROR ERRORS', undefined],
  ["prose", "no error here, this is information", undefined],
  ["text far into the line", `${" x".repeat(150)} ERROR`, undefined],
])("detects the level of %s", (_, text, level) => {
  expect(levelOf(text)).toBe(level);
});

test("compares levels", () => {
  expect(isAtLeast("error", "warn")).toBe(true);
  expect(isAtLeast("info", "warn")).toBe(false);
  expect(isAtLeast(undefined, "trace")).toBe(false);
});

test("takes linear time for any line", () => {
  const started = performance.now();
  for (const part of ["1", "[", " ", "a:", "level", "{", "- "]) {
    for (let count = 0; count < 20; count += 1) {
      levelOf(part.repeat(50_000));
    }
  }
  expect(performance.now() - started).toBeLessThan(2_000);
});

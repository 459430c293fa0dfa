import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { promisify } from "node:util";
import { counterEnvelope, gaugeEnvelope, isLog, logEnvelope, logText } from "@loggregator/api";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Emulator } from "../emulator.js";
import { startEmulator } from "../startEmulator.js";

let emulator: Emulator;
let url: string;

beforeAll(async () => {
  emulator = await startEmulator({ api: { allowedHosts: ["emulator.test"] } });
  url = emulator.api?.url ?? "";
});

beforeEach(() => emulator.reset());
afterAll(() => emulator.close());

async function call(path: string, options: RequestInit = {}) {
  const response = await fetch(`${url}${path}`, options);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const post = (path: string, body: unknown) =>
  call(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });

/** Sends a request with any headers, which `fetch` does not allow. */
function status(headers: Record<string, string>, method = "GET"): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${url}/stats`, { headers, method }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

describe("/envelopes", () => {
  test("GET returns the received envelopes as the gateway writes them", async () => {
    emulator.emit(logEnvelope("hello", { sourceId: "my-app", timestamp: 5n }));
    const { status, body } = await call("/envelopes");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      batch: [
        {
          timestamp: "5",
          source_id: "my-app",
          instance_id: "",
          log: { payload: "aGVsbG8=", type: "ERR" },
        },
      ],
    });
  });

  test.each([
    ["sourceId=a", ["one", "cpu"]],
    ["sourceId=a&sourceId=b", ["one", "cpu", "two", "requests"]],
    ["instanceId=1", ["two"]],
    ["type=counter,gauge", ["cpu", "requests"]],
    ["name=cpu", ["cpu"]],
    ["name=requests&name=cpu", ["cpu", "requests"]],
    ["text=tw", ["two"]],
    ["tag=zone%3Dz1", ["requests"]],
    ["sourceId=a&type=log", ["one"]],
    ["limit=2", ["one", "cpu"]],
  ])("GET ?%s", async (query, expected) => {
    emulator.emit(logEnvelope("one", { sourceId: "a" }));
    emulator.emit(gaugeEnvelope({ cpu: { value: 1, unit: "percentage" } }, { sourceId: "a" }));
    emulator.emit(logEnvelope("two", { sourceId: "b", instanceId: "1" }));
    emulator.emit(counterEnvelope("requests", { sourceId: "b", tags: { zone: "z1" } }));
    const { body } = await call(`/envelopes?${query}`);
    const names = (body["batch"] as Record<string, Record<string, object>>[]).map(
      ({ log, gauge, counter }) =>
        log === undefined
          ? gauge === undefined
            ? counter?.["name"]
            : Object.keys(gauge["metrics"] ?? {})[0]
          : Buffer.from(String(log["payload"]), "base64").toString(),
    );
    expect(names).toEqual(expected);
  });

  test("GET ?after continues where the last answer ended, also after a reset", async () => {
    emulator.emit(logEnvelope("one"));
    const { next } = (await call("/envelopes")).body;
    emulator.reset();
    emulator.emit(logEnvelope("two"));
    const { batch } = (await call(`/envelopes?after=${next}`)).body;
    expect(batch).toMatchObject([{ log: { payload: "dHdv" } }]);
  });

  test("GET ?min waits for envelopes", async () => {
    const waiting = call("/envelopes?type=log&min=2&timeoutMs=60000");
    await emulator.until(() => true);
    emulator.emit(logEnvelope("one"));
    emulator.emit(counterEnvelope("requests"));
    emulator.emit(logEnvelope("two"));
    expect((await waiting).body["batch"]).toHaveLength(2);

    const { status, body } = await call("/envelopes?type=event&min=1&timeoutMs=20");
    expect(status).toBe(504);
    expect(body).toEqual({
      error: {
        code: "timeout",
        message: "0 of 1 envelopes were received within 20 ms",
        found: 0,
      },
    });
  });

  test.each([
    ["a batch", { batch: [{ source_id: "a", log: { payload: "aGVsbG8=" } }] }],
    ["a list", [{ source_id: "a", log: { payload: "aGVsbG8=" } }]],
    ["one envelope", { source_id: "a", log: { payload: "aGVsbG8=" } }],
  ])("POST emits %s, now if it has no timestamp", async (_, body) => {
    expect(await post("/envelopes", body)).toEqual({ status: 202, body: { accepted: 1 } });
    const log = await emulator.next(isLog);
    expect(logText(log)).toBe("hello");
    expect(Math.abs(Number(log.timestamp / 1_000_000n) - Date.now())).toBeLessThan(60_000);
  });

  test.each([
    ["{", "the body is not JSON"],
    ["[1]", "batch[0] must be an object"],
    ['[{"source_id":"a"}]', "batch[0] must have one of log, counter, gauge, timer, event"],
    ['{"log":{"payload":"%"}}', "payload"],
  ])("POST refuses %s", async (body, message) => {
    const answer = await post("/envelopes", body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      error: { code: "invalid_body", message: expect.stringContaining(message) },
    });
    expect(emulator.stats.received).toBe(0);
  });

  test("POST refuses a body of more than 10 MiB with 413", async () => {
    const { status, body } = await post("/envelopes", "x".repeat(10 * 1024 * 1024 + 1));
    expect({ status, body }).toMatchObject({
      status: 413,
      body: { error: { code: "body_too_large" } },
    });
  });
});

describe("/faults", () => {
  test("POST applies a fault, GET lists those in effect, DELETE ends them", async () => {
    const refuse = { target: "gateway", fault: "refuse", status: 503 };
    const stop = { target: "logCache.node", fault: "stop" };
    expect(await post("/faults", refuse)).toEqual({ status: 202, body: { faults: [refuse] } });
    const answer = await fetch(`${emulator.gateway.url}/v2/read?log`, {
      headers: { authorization: "bearer any" },
    });
    expect(answer.status).toBe(503);
    await answer.arrayBuffer();
    await post("/faults", stop);
    // Those of the library are listed too.
    emulator.faults.ingress.delay(5);
    const delay = { target: "ingress", fault: "delay", ms: 5 };
    expect((await call("/faults")).body).toEqual({ faults: [refuse, stop, delay] });
    expect(emulator.faults.active()).toEqual([refuse, stop, delay]);

    const one = await call("/faults?target=logCache", { method: "DELETE" });
    expect(one.body).toEqual({ faults: [refuse, delay] });
    const all = await call("/faults", { method: "DELETE" });
    expect(all).toEqual({ status: 200, body: { faults: [] } });
  });

  test("applies the refusals of OTLP, and partial acceptance", async () => {
    const refuse = {
      target: "otlp",
      fault: "refuse",
      status: 503,
      message: "full",
      retryAfterMs: 5,
    };
    const partial = { target: "otlp", fault: "acceptPartially", rejected: 1, message: "old" };
    await post("/faults", refuse);
    await post("/faults", partial);
    const { body } = await post("/faults", { target: "otlp", fault: "stop" });
    expect(body["faults"]).toEqual([refuse, partial, { target: "otlp", fault: "stop" }]);
    emulator.faults.otlp.start();
    expect(emulator.faults.active()).toEqual([refuse, partial]);
  });

  test("a fault of all endpoints is listed for each", async () => {
    await post("/faults", { fault: "stopReading" });
    expect(emulator.faults.active().map(({ target }) => target)).toEqual([
      "ingress",
      "egress",
      "gateway",
      "logCache",
      "otlp",
      "v1",
    ]);
    emulator.faults.egress.clear();
    expect(emulator.faults.active().map(({ target }) => target)).not.toContain("egress");
  });

  test.each([
    [{ target: "gatway", fault: "stop" }, 'got "gatway"; did you mean "gateway"?', "target"],
    [{ target: "agent", fault: "delay" }, 'fault must be one of stop, got "delay"', "fault"],
    [{ target: "agent" }, "fault must be one of stop, got undefined", "fault"],
    [{ target: "egress", fault: "delay", ms: -1 }, "ms must be a number of milliseconds", "ms"],
    [
      { target: "egress", fault: "delay", mss: 1 },
      'must be one of ms, got "mss"; did you mean "ms"?',
      "the argument of delay",
    ],
    [{ target: "egress", fault: "refuse", status: 200 }, "a gRPC status from 1 to 16", "status"],
    [
      { target: "egress", fault: "refuse", status: 14, message: 1 },
      "message must be a string",
      "message",
    ],
  ])("POST refuses %j", async (fault, message, field) => {
    const { status, body } = await post("/faults", fault);
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error: { code: "invalid_body", message: expect.stringContaining(message), field } },
    });
    expect(emulator.faults.active()).toEqual([]);
  });
});

test("/stats returns the counts, and waits for them", async () => {
  expect((await call("/stats")).body).toEqual(emulator.stats);
  const waiting = call("/stats?received=2&timeoutMs=60000");
  emulator.emit(logEnvelope("one"));
  emulator.emit(logEnvelope("two"));
  expect((await waiting).body).toMatchObject({ received: 2 });
  const { status, body } = await call("/stats?received=3&timeoutMs=20");
  expect({ status, body }).toMatchObject({
    status: 504,
    body: { error: { code: "timeout", stats: { received: 2 } } },
  });
});

test("/reset clears faults, envelopes, counts, totals and log-cache", async () => {
  emulator.emit(counterEnvelope("requests", { sourceId: "a" }));
  emulator.faults.rlp.stop();
  expect(await post("/reset", "")).toEqual({ status: 202, body: {} });
  expect(emulator.stats.received).toBe(0);
  expect(emulator.envelopes()).toEqual([]);
  expect(emulator.faults.active()).toEqual([]);
  const read = await fetch(`${emulator.logCache.gatewayUrl}/api/v1/read/a`);
  expect(await read.json()).toEqual({ envelopes: { batch: [] } });
  emulator.emit(counterEnvelope("requests", { sourceId: "a" }));
  expect(emulator.envelopes()[0]?.message?.value).toMatchObject({ total: 1n });
});

test("/health answers while faults are in effect", async () => {
  emulator.faults.stopReading();
  expect(await call("/health")).toEqual({ status: 200, body: { status: "ok" } });
});

describe("access", () => {
  const { host } = { host: "127.0.0.1" };

  test.each([
    [{ host: "evil.example" }, 403],
    [{ host: "emulator.test:80" }, 200],
    [{ host, origin: "http://evil.example" }, 403],
    [{ host, "sec-fetch-site": "cross-site" }, 403],
    [{ host, "sec-fetch-site": "same-origin" }, 200],
    [{ host }, 200],
  ])("with %j is answered with %i", async (headers, expected) => {
    expect(await status(headers)).toBe(expected);
  });

  test("unknown paths, methods and parameters are refused", async () => {
    expect(await call("/envelope")).toEqual({
      status: 404,
      body: {
        error: {
          code: "not_found",
          message: "unknown path; known paths: /envelopes, /faults, /stats, /reset, /health",
        },
      },
    });
    const wrong = await fetch(`${url}/stats`, { method: "PUT" });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get("allow")).toBe("GET");
    expect(await call("/envelopes?sourceID=a")).toMatchObject({
      status: 400,
      body: {
        error: {
          code: "unknown_parameter",
          message: 'unknown parameter "sourceID"; did you mean "sourceId"?',
          parameter: "sourceID",
        },
      },
    });
    for (const [query, message] of [
      ["type=lgo", 'type must be one of log, counter, gauge, timer, event, got "lgo"'],
      ["limit=0", 'limit must be an integer from 1 to 10000, got "0"'],
      ["after=-1", "after must be an integer"],
      ["tag=x", 'tag must be NAME=VALUE, got "x"'],
      ["min=1.5", "min must be an integer"],
      ["timeoutMs=0", "timeoutMs must be an integer"],
    ]) {
      const { status, body } = await call(`/envelopes?${query}`);
      expect({ status, body }).toMatchObject({
        status: 400,
        body: {
          error: { code: "invalid_parameter", message: expect.stringContaining(message ?? "") },
        },
      });
    }
  });
});

test("closing the emulator ends requests that wait", async () => {
  const other = await startEmulator({ api: {} });
  const waiting = fetch(`${other.api?.url}/envelopes?min=1`);
  await fetch(`${other.api?.url}/health`);
  await other.close();
  await expect(waiting).rejects.toThrow();
});

test.each([
  [{ address: "nowhere" }, 'api.address must be "host:port"'],
  [{ adress: "" }, 'unknown option "api.adress"; did you mean "address"?'],
  [{ allowedHosts: [""] }, "api.allowedHosts[0] must be a non-empty string"],
])("startEmulator({ api: %j }) is refused", async (api, message) => {
  await expect(startEmulator({ api: api as never })).rejects.toThrow(message);
});

test("the examples of the README work with curl", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const examples = readme.match(/^```sh\n(API=[\s\S]*?)^```/m)?.[1];
  const script = examples?.replace(/^API=.*$/m, `API=${url}`).replaceAll("curl -s ", "curl -sf ");
  const { stdout } = await promisify(execFile)("bash", ["-e", "-c", script ?? "exit 9"]);
  const answers = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(answers[0]).toEqual({ accepted: 1 });
  expect(answers[1].batch).toHaveLength(1);
  expect(answers.at(-1)).toEqual({ status: "ok" });
});

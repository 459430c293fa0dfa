import { logEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { Example } from "./testing/example.js";
import { Gateway } from "./testing/gateway.js";
import { log, oneOfEach, startLoggregator, time } from "./testing/loggregator.js";

test("envelope-stream prints every type, and ends on Ctrl-C", async () => {
  await using loggregator = await startLoggregator();
  const { emulator } = loggregator;
  const env = { ...loggregator.env, LOGGREGATOR_SOURCE_ID: "my-app" };
  await using example = new Example("envelope-stream.js", env);
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  emulator.emit(logEnvelope("of another source", { sourceId: "other" }));
  for (const envelope of oneOfEach) {
    emulator.emit(envelope);
  }
  await example.printed(/^/, 5);

  expect(await example.interrupt()).toBe(0);
  await emulator.until(({ egressStreams }) => egressStreams === 0);
  // The five types are five subscriptions, whose envelopes may arrive in any order.
  expect(example.lines.sort()).toEqual([
    `${time} my-app/0 counter requests: +2, total 2`,
    `${time} my-app/0 event deploy: v42 is live`,
    `${time} my-app/0 gauge cpu: 12.5 percentage`,
    `${time} my-app/0 log hello [2Jthere`,
    `${time} my-app/0 timer http: 23.5 ms`,
  ]);
  expect(example.stderr).toBe("");
});

test("nozzle-egress, started twice, splits the load and counts it", async () => {
  await using loggregator = await startLoggregator();
  const { emulator, env } = loggregator;
  await using first = new Example("nozzle-egress.js", env);
  await using second = new Example("nozzle-egress.js", env);
  await emulator.until(({ egressStreams }) => egressStreams === 2);
  for (let round = 0; round < 40; round++) {
    for (const envelope of oneOfEach) {
      emulator.emit(envelope);
    }
  }

  const counted = ({ stdout }: Example) =>
    [...stdout.matchAll(/(\d+) (?:log|counter|gauge|timer|event)/g)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  for (let report = 1; counted(first) + counted(second) < 200; report++) {
    await Promise.all([first, second].map((nozzle) => nozzle.printed(/ dropped$/, report)));
  }
  for (const nozzle of [first, second]) {
    expect(await nozzle.interrupt()).toBe(0);
    expect(counted(nozzle)).toBeGreaterThan(0);
    expect(nozzle.lines.at(-1)).toBe(`total: ${counted(nozzle)}`);
    expect(nozzle.stderr).toBe("");
  }
  expect(counted(first) + counted(second)).toBe(200);
});

describe("tail-gateway", () => {
  test("prints the envelopes of the gateway, and closes the stream on Ctrl-C", async () => {
    await using gateway = await Gateway.start("sesame");
    await using example = new Example("tail-gateway.js", {
      LOGGREGATOR_GATEWAY_URL: gateway.url,
      CF_TOKEN: "bearer sesame",
      LOGGREGATOR_SOURCE_ID: "my-app",
      LOGGREGATOR_SHARD_ID: "tail",
    });
    const stream = await gateway.stream();
    stream.send(...oneOfEach);
    await example.printed(/^/, 5);

    expect(await example.interrupt()).toBe(0);
    await stream.closed;
    expect(stream.url).toBe(
      "/v2/read?shard_id=tail&source_id=my-app&log&counter&gauge&timer&event",
    );
    expect(example.lines[0]).toBe(`${time} my-app [APP/PROC/WEB/0] OUT hello [2Jthere`);
    expect(example.lines[4]).toContain('"event":{"title":"deploy","body":"v42 is live"}');
  });

  test("gets its token from the UAA if that is configured", async () => {
    await using gateway = await Gateway.start("from-uaa");
    await using example = new Example("tail-gateway.js", {
      LOGGREGATOR_GATEWAY_URL: gateway.url,
      UAA_URL: gateway.url,
      UAA_CLIENT_ID: "tail",
      UAA_CLIENT_SECRET: "secret",
    });
    const stream = await gateway.stream();
    stream.send(log);
    await example.printed(/hello/);
    expect(await example.interrupt()).toBe(0);
  });

  test("prints in one line that the token is refused, without the token", async () => {
    await using gateway = await Gateway.start("sesame");
    const env = { LOGGREGATOR_GATEWAY_URL: gateway.url, CF_TOKEN: "wrong-token" };
    await using example = new Example("tail-gateway.js", env);
    expect(await example.ended()).toBe(1);
    expect(example.stderr).toContain("404");
    expect(example.stderr.trim().split("\n")).toHaveLength(1);
    expect(example.stderr).not.toContain("wrong-token");
  });
});

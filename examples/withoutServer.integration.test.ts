import { reserveTcpPort, reserveUdpPort } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { Example } from "./testing/example.js";
import { startLoggregator } from "./testing/loggregator.js";

describe("without a server", () => {
  // They wait for closeTimeoutMs.
  test.concurrent.each(["v2-ingress.js", "runtime-stats.js"])(
    "%s continues, prints the reason, and exits with 1 on Ctrl-C",
    async (path) => {
      await using loggregator = await startLoggregator();
      await using port = await reserveTcpPort();
      await using example = new Example(path, {
        ...loggregator.env,
        LOGGREGATOR_INGRESS_ADDRESS: port.address,
        RUNTIME_STATS_INTERVAL_MS: "50",
      });
      await example.printedErrors(/127\.0\.0\.1/);
      expect(await example.interrupt()).toBe(1);
      expect(example.stderr).toMatch(/\nIngressError: [^\n]+\n$/);
      expect(example.stderr).not.toMatch(/^ +at /m);
    },
  );

  test.each(["envelope-stream.js", "nozzle-egress.js"])(
    "%s retries, prints the reason, and exits with 0 on Ctrl-C",
    async (path) => {
      await using loggregator = await startLoggregator();
      await using port = await reserveTcpPort();
      const env = { ...loggregator.env, LOGGREGATOR_EGRESS_ADDRESS: port.address };
      await using example = new Example(path, env);
      await example.printedErrors(/127\.0\.0\.1/, 2);
      expect(await example.interrupt()).toBe(0);
      expect(example.stderr).not.toMatch(/^ +at /m);
    },
  );

  test("v1-ingress continues, prints the reason, and exits with 0 on Ctrl-C", async () => {
    await using port = await reserveUdpPort();
    await using example = new Example("v1-ingress.js", { LOGGREGATOR_V1_ADDRESS: port.address });
    await example.printedErrors(/127\.0\.0\.1/);
    expect(await example.interrupt()).toBe(0);
    expect(example.stderr).not.toMatch(/^ +at /m);
  });

  test("tail-gateway retries, prints the reason, and exits with 0 on Ctrl-C", async () => {
    await using port = await reserveTcpPort();
    const env = { LOGGREGATOR_GATEWAY_URL: `http://${port.address}`, CF_TOKEN: "x" };
    await using example = new Example("tail-gateway.js", env);
    await example.printedErrors(/127\.0\.0\.1/, 2);
    expect(await example.interrupt()).toBe(0);
    expect(example.stderr).not.toMatch(/^ +at /m);
  });

  test.each(["envelope-stream.js", "nozzle-egress.js", "runtime-stats.js", "tail-gateway.js"])(
    "%s without any configuration exits with 1 and one line",
    async (path) => {
      await using example = new Example(path);
      expect(await example.ended()).toBe(1);
      expect(example.stderr).toMatch(/^\w+Error: [^\n]+\n$/);
    },
  );
});

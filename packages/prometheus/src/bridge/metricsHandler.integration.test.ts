import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { counterEnvelope } from "@loggregator/api";
import { Gauge, Registry } from "prom-client";
import { expect, test, vi } from "vitest";
import { metricsHandler, PrometheusBridge } from "../index.js";

test("a registry is scraped over HTTP", async () => {
  const registry = new Registry();
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const server = createServer(metricsHandler(registry, { logger }));
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const bridge = new PrometheusBridge({ registry });
    bridge.add(counterEnvelope("requests", { sourceId: "app", total: 5 }));

    const get = await fetch(url);
    expect(get.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await get.text()).toBe(
      '# HELP requests_total The Loggregator counter "requests".\n# TYPE requests_total counter\nrequests_total{source_id="app"} 5\n',
    );
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const post = await fetch(url, { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);

    const collect = () => {
      throw new Error("no value");
    };
    new Gauge({ name: "broken", help: "h", registers: [registry], collect });
    const broken = await fetch(url);
    expect([broken.status, await broken.text()]).toEqual([500, "the metrics could not be read\n"]);
    expect(logger.error).toHaveBeenCalledWith("the metrics could not be read: Error: no value");
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

test("rejects what is not a registry", () => {
  expect(() => metricsHandler({} as never)).toThrow("registry must be a Registry of prom-client");
});

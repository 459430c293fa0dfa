import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { logText } from "@loggregator/api";
import { listen, Recorder } from "@loggregator/testing";
import { findChromium, launchChromium } from "@loggregator/testing/chromium";
import { rolldown } from "rolldown";
import { describe, expect, test } from "vitest";
import type * as Otel from "../index.js";
import { toEnvelopes } from "../mapping/toEnvelopes.js";
import { ExportLogsServiceRequest } from "../messages.js";

const executablePath = findChromium();

async function bundleForBrowsers(): Promise<string> {
  const input = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
  const bundle = await rolldown({ input, platform: "browser" });
  const { output } = await bundle.generate({ format: "iife", name: "otel" });
  await bundle.close();
  return output[0].code;
}

/** An OTLP/HTTP server that permits requests of pages of any origin. */
async function startServer() {
  const bodies = new Recorder<Buffer>();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    response.writeHead(request.method === "OPTIONS" ? 204 : 200, {
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "content-type, api-key",
    });
    response.end();
    if (request.method === "POST") {
      bodies.add(body);
    }
  });
  const listening = await listen(server);
  return { bodies, listening };
}

describe.skipIf(executablePath === undefined)("the exporter, in Chromium", () => {
  test("maps envelopes and exports them over HTTP; gRPC is refused", async () => {
    await using browser = await launchChromium(executablePath ?? "");
    const { bodies, listening } = await startServer();
    await using _ = listening;
    const page = await browser.newPage();
    const code = await bundleForBrowsers();
    expect(code).not.toContain("node:");
    await page.addScriptTag({ content: code });
    const outcome = await page.evaluate(async (url) => {
      const { OtlpExporter } = globalThis["otel" as never] as typeof Otel;
      const exporter = new OtlpExporter({ url, headers: { "api-key": "k" } });
      const payload = new TextEncoder().encode("from a page");
      const envelope = {
        timestamp: 1n,
        sourceId: "page",
        instanceId: "",
        tags: {},
        deprecatedTags: {},
        message: { $case: "log" as const, value: { payload, type: 0 as const } },
      };
      exporter.export([envelope]);
      await exporter.close();
      let refusal = "";
      try {
        new OtlpExporter({ address: "localhost:4317", tls: { ca: "", cert: "", key: "" } });
      } catch (error) {
        refusal = (error as Error).message;
      }
      return { sent: exporter.stats.sent, refusal };
    }, `http://${listening.address}`);
    expect(outcome).toEqual({
      sent: 1,
      refusal: "OTLP over gRPC needs Node.js: use the option url, for OTLP over HTTP",
    });
    const [body] = bodies.values;
    const logs = ExportLogsServiceRequest.decode(body ?? new Uint8Array());
    expect(toEnvelopes({ logs }).map((envelope) => logText(envelope as never))).toEqual([
      "from a page",
    ]);
  });
});

import { fileURLToPath } from "node:url";
import { startEmulator } from "@loggregator/emulator";
import { bundleForBrowsers } from "@loggregator/testing/bundle";
import { findChromium, launchChromium } from "@loggregator/testing/chromium";
import { describe, expect, test } from "vitest";
import type * as Otel from "../index.js";

const executablePath = findChromium();

describe.skipIf(executablePath === undefined)("the exporter, in Chromium", () => {
  test("maps envelopes and exports them over HTTP; gRPC is refused", async () => {
    await using browser = await launchChromium(executablePath ?? "");
    await using emulator = await startEmulator({ otlp: { cors: true } });
    const page = await browser.newPage();
    const code = await bundleForBrowsers(
      fileURLToPath(new URL("../../dist/index.js", import.meta.url)),
      "otel",
    );
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
    }, emulator.otlp.url);
    expect(outcome).toEqual({
      sent: 1,
      refusal: "OTLP over gRPC needs Node.js: use the option url, for OTLP over HTTP",
    });
    expect(emulator.otlp.logs).toMatchObject([
      { body: "from a page", request: { protocol: "http/protobuf", headers: { "api-key": "k" } } },
    ]);
  });
});

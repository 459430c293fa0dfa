import { startEmulator } from "@loggregator/emulator";
import { describe, expect, test } from "vitest";
import { log, PageFixture, withoutChromium } from "../testing/pageFixture.js";

describe.skipIf(withoutChromium)("the connection of the page in Chromium", () => {
  const fixture = new PageFixture();

  test("shows the state of the connection, and reconnects", async () => {
    await fixture.hasStatus("Connected");
    fixture.emit(log("before"));
    await fixture.shows("before");
    const { address } = fixture.emulator.gateway;
    await fixture.emulator.close();
    await fixture.hasStatus("Reconnecting");
    expect(await fixture.page.locator("output").getAttribute("title")).toMatch(
      /http:\/\/127\.0\.0\.1:\d+/,
    );
    await fixture.shows("before");
    fixture.emulator = await startEmulator({ gateway: { address } });
    await fixture.emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
    await fixture.hasStatus("Connected");
    fixture.emit(log("after"));
    await fixture.shows("before", "after");
  });

  test("continues after the gateway has ended or refused a stream", async () => {
    const { address } = fixture.emulator.gateway;
    await fixture.emulator.close();
    fixture.emulator = await startEmulator({ gateway: { address, tokens: { other: "all" } } });
    await fixture.page.locator("output[title*='404']").waitFor();
    await fixture.emulator.close();
    fixture.emulator = await startEmulator({ gateway: { address, streamTimeoutMs: 500 } });
    await fixture.emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
    await fixture.hasStatus("Connected");
    await fixture.emulator.until(({ gatewayStreams }) => gatewayStreams === 0);
    await fixture.emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
    await fixture.hasStatus("Connected");
  });
});

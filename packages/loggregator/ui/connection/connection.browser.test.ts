import { describe, expect, test } from "vitest";
import { EnvelopeHub } from "../../src/ui/envelopeHub.js";
import { startUiServer } from "../../src/ui/uiServer.js";
import { eventually, log, logs, PageFixture, withoutChromium } from "../testing/pageFixture.js";

describe.skipIf(withoutChromium)("the connection of the page in Chromium", () => {
  const fixture = new PageFixture();
  const trouble = () => fixture.page.getByRole("alert");

  test("shows recent envelopes when it is opened or reloaded, without counting them as new", async () => {
    const { page } = fixture;
    await fixture.emitAndReceive(logs(1_200), 1_200);
    await page.reload();
    await page.locator("#total", { hasText: "1,200" }).waitFor();
    await eventually(fixture.texts).toContain("line 1199");
    await page.locator("#rate", { hasText: /^0$/ }).waitFor();
    expect(await page.locator("#peak").textContent()).toBe("0");
    expect(await page.title()).toBe("a test · Loggregator");
  });

  test("shows why its server cannot be reached, and continues where it stopped", async () => {
    fixture.emit(log("before"));
    await fixture.shows("before");
    const { port } = new URL(fixture.server.url);
    await fixture.server.close();
    await fixture.hasStatus("Reconnecting");
    await trouble().filter({ hasText: "the command that serves this page has exited" }).waitFor();
    await fixture.shows("before");
    fixture.hub = new EnvelopeHub();
    fixture.emit(log("meanwhile"));
    fixture.server = await startUiServer({
      hub: fixture.hub,
      source: "a test",
      port: Number(port),
    });
    await fixture.hasStatus("Connected");
    expect(await trouble().isVisible()).toBe(false);
    fixture.emit(log("after"));
    await fixture.shows("before", "meanwhile", "after");
  });

  test("shows that the source cannot be reached, while the server can", async () => {
    await fixture.hasStatus("Connected");
    fixture.hub.state = { state: "waiting", reason: "connect ECONNREFUSED \u001b[2J" };
    await fixture.hasStatus("Reconnecting");
    await trouble().filter({ hasText: "connect ECONNREFUSED \\x1b[2J. Retrying." }).waitFor();
    fixture.hub.state = { state: "connected" };
    await fixture.hasStatus("Connected");
    expect(await trouble().isVisible()).toBe(false);
  });

  test("uses the key of its link, and removes it from the address bar", async () => {
    const { page, hub } = fixture;
    await using server = await startUiServer({
      hub,
      source: "a test",
      accessKey: "a-key",
      port: 0,
    });
    const { origin } = new URL(server.url);
    await page.goto(origin);
    await trouble().filter({ hasText: 'the link that "loggregator ui" prints' }).waitFor();
    expect(server.url).toBe(`${origin}/#key=a-key`);
    await page.goto("about:blank");
    await page.goto(server.url);
    await fixture.hasStatus("Connected");
    expect(page.url()).toBe(`${origin}/`);
    await page.reload();
    await fixture.hasStatus("Connected");
  });
});

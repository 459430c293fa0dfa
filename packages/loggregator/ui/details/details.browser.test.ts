import { gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import {
  eventually,
  logs,
  oneOfEach,
  PageFixture,
  withoutChromium,
} from "../testing/pageFixture.js";

describe.skipIf(withoutChromium)("the details in Chromium", () => {
  const fixture = new PageFixture();

  test("shows all of an envelope on a click", async () => {
    const parts = (which: "first" | "last") =>
      fixture.details.locator("dl")[which]().locator("dt, dd").allTextContents();
    fixture.emit(...oneOfEach);
    await eventually(() => fixture.rows.count()).toBe(5);
    await fixture.rows.nth(0).click();
    await fixture.page.getByRole("heading", { name: "Log, standard error" }).waitFor();
    expect(await fixture.details.locator("pre").first().textContent()).toBe(
      "payment: connection refused",
    );
    expect(await parts("last")).toEqual(["deployment", "cf", "source_type", "APP/PROC/WEB"]);
    await fixture.rows.nth(3).click();
    expect(await parts("first")).toEqual(
      ["Name", "http", "Duration", "23 ms"].concat(
        "Start",
        "1000000000 ns",
        "Stop",
        "1023000000 ns",
      ),
    );
    const json = (await fixture.details.locator("details pre").textContent()) ?? "";
    expect(JSON.parse(json)).toMatchObject({
      source_id: "router",
      timer: { name: "http", start: "1000000000", stop: "1023000000" },
    });
    await fixture.button("router").click();
    await fixture.shows("7 in total", "23 ms");
    await fixture.button("Close").click();
    expect(await fixture.details.isVisible()).toBe(false);
  });

  test("shows the envelope that was under the pointer when the button was pressed", async () => {
    await fixture.emitAndReceive(logs(100), 100);
    await eventually(fixture.texts).toContain("line 99");
    const { x, y } = (await fixture.page.getByText("line 90", { exact: true }).boundingBox()) ?? {
      x: 0,
      y: 0,
    };
    await fixture.page.mouse.move(x + 5, y + 5);
    await fixture.page.mouse.down();
    await fixture.emitAndReceive(logs(100, 100), 200);
    await eventually(fixture.texts).toContain("line 199");
    await fixture.page.mouse.up();
    await eventually(() => fixture.details.locator("pre").first().textContent()).toBe("line 90");
  });

  test("stays usable with envelopes that are very large", async () => {
    const metrics = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`metric-${index}`, { value: index }]),
    );
    const long = "x".repeat(200_000);
    fixture.emit(
      gaugeEnvelope(metrics, { sourceId: long, tags: { [long]: long } }),
      logEnvelope(long, { sourceId: long }),
    );
    await eventually(() => fixture.rows.count()).toBe(2);
    await fixture.rows.nth(0).click();
    await fixture.page.getByText('and 19500 more, which "Copy JSON" includes').waitFor();
    expect(await fixture.details.locator("dt").count()).toBeLessThan(600);
    await fixture.rows.nth(1).click();
    await eventually(() => fixture.details.locator("pre").first().textContent()).toContain(
      "180000 more characters",
    );
    expect(await fixture.page.locator("#suggestions option").count()).toBe(0);
    expect(fixture.problems).toEqual([]);
  });
});

import { counterEnvelope, type Envelope, gaugeEnvelope, timerEnvelope } from "@loggregator/api";
import type { Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import { eventually, PageFixture, withoutChromium } from "../testing/pageFixture.js";

describe.skipIf(withoutChromium)("the charts of the page in Chromium", () => {
  const fixture = new PageFixture();
  const rows = (body: string) => fixture.page.locator(`${body} tr`);
  const cells = (row: Locator) => row.locator("td").allTextContents();

  /** Envelopes of the last minute, one for each second. */
  function lastMinute(envelope: (second: number, timestamp: bigint) => Envelope): Envelope[] {
    const now = Date.now();
    return Array.from({ length: 60 }, (_, second) =>
      envelope(second, BigInt(now - (60 - second) * 1_000) * 1_000_000n),
    );
  }

  /** Whether something of this colour is drawn in a chart. */
  async function hasColor(chart: string, color: string): Promise<boolean> {
    return fixture.page.evaluate(
      ([selector, property]) => {
        const drawn = document.querySelector<HTMLCanvasElement>(`${selector} canvas`);
        if (drawn === null) {
          return false;
        }
        const copy = new OffscreenCanvas(drawn.width, drawn.height).getContext("2d");
        copy?.drawImage(drawn, 0, 0);
        const pixels = copy?.getImageData(0, 0, drawn.width, drawn.height);
        const probe = document.createElement("span");
        probe.style.color = `var(${property})`;
        document.body.append(probe);
        const wanted = getComputedStyle(probe).color.match(/\d+/g)?.map(Number) ?? [];
        probe.remove();
        const { data } = pixels ?? { data: [] };
        for (let at = 0; at < data.length; at += 4) {
          if (wanted.every((value, channel) => data[at + channel] === value)) {
            return true;
          }
        }
        return false;
      },
      [chart, color] as const,
    );
  }

  test("show gauges and rates of counters, chosen by name and source, as in the address", async () => {
    const { page } = fixture;
    const tags = { app_name: "checkout", space_name: "prod" };
    await fixture.emitAndReceive(
      [
        ...lastMinute((second, timestamp) =>
          gaugeEnvelope(
            {
              cpu: { value: second, unit: "percentage" },
              memory: { value: 2 ** 20, unit: "bytes" },
            },
            { sourceId: "guid", instanceId: String(second % 2), tags, timestamp },
          ),
        ),
        ...lastMinute((second, timestamp) =>
          counterEnvelope("requests", { sourceId: "router", total: second * 5 + 5, timestamp }),
        ),
      ],
      120,
    );
    await page.getByRole("link", { name: "Metrics" }).click();
    await eventually(() => rows("#metric-series").count()).toBe(2);
    expect(await cells(rows("#metric-series").first())).toEqual([
      "checkout/0 (prod)",
      "58 %",
      "0 %",
      "58 %",
    ]);
    await eventually(() => hasColor("#metric-chart", "--line-1")).toBe(true);
    await page.locator("#metric-source").selectOption("checkout/1 (prod)");
    await eventually(() => rows("#metric-series").count()).toBe(1);
    await page.locator("#metric-name").selectOption({ label: "requests" });
    await eventually(() => cells(rows("#metric-series").first())).toEqual([
      "router",
      "5/s",
      "5/s",
      "5/s",
    ]);
    const fragment = "#view=metrics&metric=counter%3Arequests";
    await eventually(fixture.fragment).toBe(fragment);
    const time = page.locator("#metric-window");
    await time.selectOption("15 minutes");
    await eventually(fixture.fragment).toBe(`${fragment}&metric-window=900`);
    await page.reload();
    await eventually(() => cells(rows("#metric-series").first())).toContain("router");
    expect(await time.inputValue()).toBe("900");
    expect(await page.locator("#filters").isVisible()).toBe(false);
    expect(fixture.problems).toEqual([]);
  });

  test("show rate, errors and percentiles of requests, of all and of one source", async () => {
    const { page } = fixture;
    await fixture.emitAndReceive(
      lastMinute((second, timestamp) =>
        timerEnvelope("http", timestamp - 100_000_000n, timestamp, {
          sourceId: second < 30 ? "guid-1" : "guid-2",
          timestamp,
          tags: {
            app_name: second < 30 ? "checkout" : "cart",
            status_code: second % 10 === 0 ? "500" : second % 10 === 1 ? "404" : "200",
            peer_type: "Server",
          },
        }),
      ),
      60,
    );
    await page.getByRole("link", { name: "Requests" }).click();
    await eventually(() => rows("#request-sources").count()).toBe(2);
    const card = (name: string) =>
      page.locator(".cards div", { hasText: name }).locator("dd").textContent();
    expect(await card("4xx")).toBe("10.0 %");
    expect(await card("5xx")).toBe("10.0 %");
    expect(await card("p50")).toMatch(/^(9[5-9]|10[0-5])(\.\d)? ms$/);
    expect(await card("Requests")).toBe("0.2/s");
    await eventually(() => hasColor("#rate-chart", "--line-0")).toBe(true);
    await eventually(() => hasColor("#latency-chart", "--latency-2")).toBe(true);
    await fixture.button("cart").click();
    await eventually(() => card("Requests")).toBe("0.1/s");
    await eventually(fixture.fragment).toBe("#view=requests&app=guid-2");
    // Another colour scheme is drawn in its own colours.
    await page.emulateMedia({ colorScheme: "dark" });
    await eventually(() => hasColor("#rate-chart", "--line-0")).toBe(true);
    await fixture.button("cart").click();
    await eventually(() => card("Requests")).toBe("0.2/s");
    const time = page.locator("#request-window");
    await time.selectOption("1 minute");
    await eventually(fixture.fragment).toBe("#view=requests&request-window=60");
    await page.reload();
    await eventually(() => rows("#request-sources").count()).toBeGreaterThan(0);
    expect(await time.inputValue()).toBe("60");
    expect(fixture.problems).toEqual([]);
  });

  test("report that there is nothing to chart", async () => {
    await fixture.page.getByRole("link", { name: "Metrics" }).click();
    await fixture.page.getByText("No gauges or counters yet").waitFor();
    await fixture.page.getByRole("link", { name: "Requests" }).click();
    await fixture.page.getByText("No requests yet").waitFor();
  });
});

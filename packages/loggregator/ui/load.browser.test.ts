import {
  counterEnvelope,
  type Envelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { findChromium, launchChromium } from "@loggregator/testing/chromium";
import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EnvelopeHub } from "../src/ui/envelopeHub.js";
import { startUiServer, type UiServer } from "../src/ui/uiServer.js";

const executablePath = findChromium();

const kept = 50_000;

/** The parts of Chromium's trace events that are evaluated. Times are in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** The CPU time, which does not depend on other processes. */
  readonly tdur?: number;
}

/** The CPU time of a page's main thread by activity, in milliseconds. */
interface Work {
  /** For each frame: its scripts, style, layout and paint. The shortest first. */
  readonly frames: readonly number[];
  /** The total, including work between frames. */
  readonly total: number;
}

function workIn(events: readonly TraceEvent[]): Work {
  const animations = events.filter(({ name }) => name === "FireAnimationFrame");
  const { pid, tid } = animations[0] ?? {};
  const starts = animations.filter((event) => event.pid === pid).map(({ ts }) => ts);
  const tasks = events.filter(
    (event) => event.name === "RunTask" && event.pid === pid && event.tid === tid,
  );
  const frames = tasks.filter(({ ts, dur = 0 }) =>
    starts.some((start) => start >= ts && start <= ts + dur),
  );
  const milliseconds = (task: TraceEvent) => (task.tdur ?? 0) / 1000;
  return {
    frames: frames.map(milliseconds).sort((a, b) => a - b),
    total: tasks.map(milliseconds).reduce((sum, time) => sum + time, 0),
  };
}

/** Counts frames during an action. Runs in the page. */
function countFrames(): void {
  let count = 0;
  const began = performance.now();
  requestAnimationFrame(function next() {
    count += 1;
    document.body.dataset["rate"] = ((count * 1000) / (performance.now() - began)).toFixed(1);
    requestAnimationFrame(next);
  });
}

/** Envelopes like those of a foundation: mostly logs. */
function sample(index: number): Envelope {
  const tags = { deployment: "cf", job: "diego-cell", index: "0", ip: "10.0.16.12", origin: "rep" };
  const options = { sourceId: `app-${index % 50}`, instanceId: String(index % 3), tags };
  switch (index % 10) {
    case 0:
      return counterEnvelope("requests", { ...options, total: index });
    case 1:
      return gaugeEnvelope({ cpu: { value: index / 7, unit: "percentage" } }, options);
    case 2:
      return timerEnvelope("http", 0n, BigInt(index) * 1_000n, options);
    default:
      return logEnvelope(
        `GET /api/v2/orders/${index} 200 ${index % 90} ms, "Mozilla/5.0 (X11; Linux x86_64)"`,
        { ...options, sourceType: "APP/PROC/WEB", stream: index % 20 === 3 ? "stderr" : "stdout" },
      );
  }
}

describe.skipIf(executablePath === undefined)("the page in Chromium, under load", () => {
  let browser: Browser;
  let hub: EnvelopeHub;
  let server: UiServer;
  let page: Page;
  let devtools: CDPSession;
  let emitted: number;

  beforeAll(async () => {
    browser = await launchChromium(executablePath ?? "");
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    hub = new EnvelopeHub();
    server = await startUiServer({ hub, source: "a test", port: 0 });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    devtools = await page.context().newCDPSession(page);
    emitted = 0;
    await page.goto(server.url);
    await page.locator("output", { hasText: "Connected" }).waitFor();
  });

  afterEach(async () => {
    await page?.close();
    await server?.close();
  });

  function emit(count: number): void {
    for (let index = 0; index < count; index += 1) {
      hub.add(sample(emitted++));
    }
  }

  /** Waits until the page has counted all that was emitted. */
  async function received(): Promise<void> {
    await page.locator("#total", { hasText: emitted.toLocaleString("en-US") }).waitFor();
  }

  async function emitAtOnce(count: number): Promise<void> {
    for (let left = count; left > 0; left -= 10_000) {
      emit(Math.min(left, 10_000));
      await received();
    }
  }

  async function emitEvenly(perSecond: number, seconds: number): Promise<void> {
    const before = emitted;
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const elapsed = Math.min(seconds, (performance.now() - began) / 1000);
        emit(Math.floor(elapsed * perSecond) - (emitted - before));
        if (elapsed < seconds) {
          return;
        }
        clearInterval(timer);
        resolve();
      }, 10);
    });
  }

  /** The size of the page's JavaScript heap, in bytes. */
  async function heap(): Promise<number> {
    // Chromium keeps the bytes of a stream's last read, up to 2 MiB, until the next one.
    emit(1);
    await received();
    await devtools.send("HeapProfiler.collectGarbage");
    const usage = await devtools.send("Runtime.getHeapUsage");
    return usage.usedSize + ((usage as { backingStorageSize?: number }).backingStorageSize ?? 0);
  }

  test("draws 5,000 envelopes per second in less than 16 ms per frame, with a full list and a changing filter", async () => {
    await emitAtOnce(kept);
    await page.evaluate(countFrames);
    await browser.startTracing(page, {
      categories: ["devtools.timeline", "disabled-by-default-devtools.timeline"],
    });
    const load = emitEvenly(5_000, 5);
    await page.getByLabel("Search", { exact: true }).pressSequentially("orders", { delay: 200 });
    await load;
    const rate = await page.evaluate(() => document.body.dataset["rate"]);
    const elements = await page.locator("*").count();
    const trace = JSON.parse(String(await browser.stopTracing())) as { traceEvents: TraceEvent[] };
    const { frames, total } = workIn(trace.traceEvents);
    const middle = frames[frames.length >> 1] ?? Number.NaN;
    const p95 = frames[Math.floor(frames.length * 0.95)] ?? Number.NaN;
    console.log(
      `the page drew ${rate} frames/s; CPU time of a frame: ${middle.toFixed(1)} ms at the median, ${p95.toFixed(1)} ms at the 95th percentile; in 5 s: ${total.toFixed(0)} ms`,
    );
    // Other processes may slow the machine down, but the CPU time of a frame is only the page's.
    expect(p95).toBeLessThan(16);
    expect(total).toBeLessThan(0.75 * 5_000);
    expect(elements).toBeLessThan(500);
    await received();
    // Nothing was dropped.
    await page.getByText(/of 50,000 shown$/).waitFor();
    const last = `GET /api/v2/orders/${emitted - 1} `;
    await expect
      .poll(() => page.locator("#list .row:not([hidden]) .text").last().textContent(), {
        timeout: 20_000,
      })
      .toContain(last);
  });

  test("keeps the newest 50,000 in bounded memory, paused or not", async () => {
    await emitAtOnce(kept + 10_000);
    const before = await heap();
    await emitAtOnce(kept);
    const after = await heap();
    await page.getByText("of 50,000 shown").waitFor();
    console.log(`the page holds ${kept} envelopes in ${(after / 2 ** 20).toFixed(0)} MiB`);
    expect(after).toBeLessThan(before * 1.1);
    expect(after).toBeLessThan(100 * 2 ** 20);
    // While paused, the same number again, and no more.
    await page.getByRole("button", { name: "Pause" }).click();
    await emitAtOnce(kept + 10_000);
    await page.getByRole("button", { name: "Resume · 50,000 new" }).waitFor();
    expect(await heap()).toBeLessThan(2.1 * after);
    await page.getByRole("button", { name: /Resume/ }).click();
    await page.getByText("of 50,000 shown").waitFor();
    expect(await heap()).toBeLessThan(1.1 * after);
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bin, Emulate, loggregator } from "../testing/loggregator.js";
import { sourceColor } from "./terminal/sourceColor.js";

/** The sequence that starts the colour of a source. */
const colorOf = (sourceId: string) => `\x1b[38;5;${sourceColor(sourceId).slice("color ".length)}m`;

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

// On a terminal of 80 × 24. Skipped if there is no tmux.
describe.skipIf(!hasTmux)("in a terminal", () => {
  let emulate: Emulate;
  let folder: string;
  let terminals = 0;

  beforeAll(async () => {
    emulate = await Emulate.start();
    folder = mkdtempSync(join(tmpdir(), "loggregator-tmux-"));
    writeFileSync(join(folder, "lines"), "x\n".repeat(120));
    writeFileSync(
      join(folder, "tmux.conf"),
      'set -g default-terminal "tmux-256color"\nset -g exit-empty off\n',
    );
  });

  afterEach(() => {
    // Ends the command of a test that failed, which would count as a reader.
    if (terminals > 0) {
      tmux("kill-session", "-t", `t${terminals - 1}`);
    }
  });

  afterAll(async () => {
    tmux("kill-server");
    await emulate[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  function tmux(...args: readonly string[]): string {
    const options = ["-S", join(folder, "socket"), "-f", join(folder, "tmux.conf")];
    return execFileSync("tmux", [...options, ...args], { encoding: "utf8", stdio: "pipe" });
  }

  /**
   * Opens a terminal and runs the command in it, with colours, regardless of the environment. The
   * terminal stays open after the command.
   */
  function open(command: string): string {
    const name = `t${terminals++}`;
    const script = `unset NO_COLOR; trap : INT; set -a; . ${emulate.environmentFile}; set +a; ${process.execPath} ${bin} ${command}; echo "ended with $?"; exec cat`;
    tmux("new-session", "-d", "-s", name, "-x", "80", "-y", "24", `TZ=UTC exec sh -c '${script}'`);
    return name;
  }

  /** Polls the screen until it has changed as expected: a terminal has no event for that. */
  async function screen(name: string, predicate: (text: string) => boolean, ...options: string[]) {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const text = tmux("capture-pane", "-p", "-t", name, ...options);
      if (predicate(text)) {
        return text;
      }
      if (Date.now() > deadline) {
        throw new Error(`the screen did not change as expected:\n${text}`);
      }
      await delay(50);
    }
  }

  const emit = (args: readonly string[], input = "") =>
    loggregator(["emit", ...args], { env: emulate.env, input });

  test("tail: coloured columns, then Ctrl-C and a summary", async () => {
    await emulate.untilReaders(0);
    const name = open("tail");
    await screen(name, (text) => text.includes("following 127.0.0.1"));
    await emulate.untilReaders(1);
    await emit(["log", "-s", "my-app", "hello"]);
    await emit(["log", "-s", "my-app"], "\x1b[2J\x1b[Hall is gone\n");
    await emit(["counter", "-s", "my-app", "requests", "2"]);
    const text = await screen(name, (text) => text.includes("requests"));
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}my-app +LOG +hello$/m);
    // The envelope's control sequences are displayed, not interpreted: nothing is erased.
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}my-app +LOG +\\x1b\[2J\\x1b\[Hall is gone$/m);
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}my-app +CNT {2}requests \+2, 2 in total$/m);
    expect(tmux("capture-pane", "-p", "-e", "-t", name)).toContain(`${colorOf("my-app")}my-app`);

    tmux("send-keys", "-t", name, "C-c");
    const last = await screen(name, (text) => text.includes("ended with"));
    expect(last).toMatch(/loggregator: 3 envelopes in [\d.]+ s: 2 logs, 1 counter\nended with 0/);
  });

  test("tail: names, colours of sources, and highlighted text", async () => {
    await emulate.untilReaders(0);
    const name = open("tail shop worker --grep refused");
    await emulate.untilReaders(1);
    const log = (app: string, text: string) =>
      emit(["log", "-s", `guid-of-${app}`, "-i", "0", "--tag", `app_name=${app}`, text]);
    await log("shop", "payment refused");
    await log("other", "payment refused");
    await log("worker", "job refused twice");
    await log("worker", "job done");
    await screen(name, (text) => text.includes("job refused"));
    const colored = tmux("capture-pane", "-p", "-e", "-t", name);
    expect(colored).toContain(`${colorOf("guid-of-shop")}shop/0 `);
    expect(colored).toContain(`${colorOf("guid-of-worker")}worker/0 `);
    expect(colored).toContain("payment \x1b[7mrefused");
    expect(colored).not.toMatch(/other|done/);
    tmux("send-keys", "-t", name, "C-c");
    await screen(name, (text) => text.includes("ended with 0"));
  });

  test("tail: a stack trace in one piece, the app's colours, and JSON by fields", async () => {
    await emulate.untilReaders(0);
    const name = open("tail --fields level,msg --level warn");
    await emulate.untilReaders(1);
    await emit(
      ["log", "-s", "shop"],
      [
        "INFO started",
        "java.lang.IllegalStateException: \x1b[33mrefused\x1b[0m",
        "\tat com.example.Cart.pay(Cart.java:7)",
        "INFO done",
        '{"level":40,"msg":"slow","id":7}',
        "",
      ].join("\n"),
    );
    const text = await screen(name, (text) => text.includes("slow"));
    expect(text).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}shop +LOG {2}java\.lang\.IllegalStateException: refused\n {22}at com\.example\.Cart\.pay\(Cart\.java:7\)\n\d\d:\d\d:\d\d\.\d{3} {2}shop +LOG {2}40 slow$/m,
    );
    expect(text).not.toMatch(/INFO/);
    expect(tmux("capture-pane", "-p", "-e", "-t", name)).toContain("\x1b[33mrefused");
    tmux("send-keys", "-t", name, "C-c");
    await screen(name, (text) => text.includes("ended with 0"));
  });

  test("emit: typed lines", async () => {
    const name = open("emit log -s my-app");
    await screen(name, (text) => text.includes("press Ctrl-D"));
    tmux("send-keys", "-t", name, "typed", "Enter");
    await screen(name, (text) => /^typed$/m.test(text));
    tmux("send-keys", "-t", name, "C-d");
    const last = await screen(name, (text) => text.includes("ended with 0"));
    expect(last).toMatch(/1 envelope sent to/);
  });

  test("top: a screen that is updated in place, and restored after q", async () => {
    await emulate.untilReaders(0);
    const name = open("top --interval 0.3");
    await screen(name, (text) => text.includes("waiting for envelopes"));
    await emulate.untilReaders(1);
    await emit(["log", "-s", "busy-app"], "x\n".repeat(50));
    await emit(["log", "-s", "quiet-app", "x"]);
    await emit(["gauge", "-s", "quiet-app", "cpu=12.5:percentage"]);
    const text = await screen(name, (text) => text.includes("12.5 %"));
    const lines = text.replace(/\n$/, "").split("\n");
    expect(lines).toHaveLength(24);
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
    expect(lines[0]).toMatch(/^127\.0\.0\.1:\d+, \d+ s .* 52 in total {2}2 sources$/);
    expect(lines[2]).toMatch(/^SOURCE +▾ALL\/S +LOG\/S +CPU +MEMORY .* TOTAL$/);
    expect(text).toMatch(/^busy-app .* 50$/m);
    expect(text).toMatch(/^quiet-app .* 2$/m);
    expect(text).toMatch(/^cpu +gauge +quiet-app .* 12\.5 %$/m);
    expect(lines[23]).toMatch(/^q quit {2}↑↓ select {2}Enter open {2}s sort \(rate\)/);

    await emit(["log", "-s", "busy-app"], "x\n".repeat(50));
    const later = await screen(name, (text) => /^busy-app .* 100$/m.test(text));
    // The screen is updated in place: it still has a single head, at the same position.
    expect(later.match(/SOURCE +▾ALL/g)).toHaveLength(1);

    // The keyboard: another order, the screen of a source and back, a filter, and a pause.
    tmux("send-keys", "-t", name, "S");
    await screen(name, (text) => text.includes("SOURCE ▾"));
    tmux("send-keys", "-t", name, "Down", "Down", "Enter");
    await screen(name, (text) => /^quiet-app\n/.test(text) && /^0? *.*12\.5 %/m.test(text));
    tmux("send-keys", "-t", name, "Escape");
    await screen(name, (text) => text.includes("busy-app"));
    tmux("send-keys", "-t", name, "/", "q", "u", "i", "Enter");
    await screen(name, (text) => text.includes("filter (qui)") && !text.includes("busy-app"));
    tmux("send-keys", "-t", name, "Space");
    await screen(name, (text) => text.includes("PAUSED"));

    tmux("send-keys", "-t", name, "q");
    const last = await screen(name, (text) => text.includes("ended with 0"));
    expect(last).not.toContain("busy-app");
  });

  test("top: Ctrl-C ends it as well, and typing works afterwards", async () => {
    await emulate.untilReaders(0);
    const name = open("top");
    await screen(name, (text) => text.includes("waiting for envelopes"));
    tmux("send-keys", "-t", name, "C-c");
    await screen(name, (text) => text.includes("ended with 0"));
    tmux("send-keys", "-t", name, "typed", "Enter");
    await screen(name, (text) => text.includes("typed"));
  });

  test("top: adapts to a smaller terminal", async () => {
    await emulate.untilReaders(0);
    const name = open("top --interval 60");
    await screen(name, (text) => text.includes("waiting for envelopes"));
    tmux("resize-window", "-t", name, "-x", "50", "-y", "12");
    // Until it is redrawn, the terminal shows the last rows of the old screen.
    const text = await screen(
      name,
      (text) => /^METRIC/m.test(text) && text.split("\n").length <= 13,
    );
    expect(text).toContain("q quit");
    tmux("send-keys", "-t", name, "q");
    await screen(name, (text) => text.includes("ended with 0"));
  });

  test("emit: a progress line on long input, then the number of envelopes", async () => {
    const name = open(`emit log -s my-app --rate 40 < ${join(folder, "lines")}`);
    await screen(name, (text) => /^\d+ envelopes, [\d.]+ a second$/m.test(text));
    const text = await screen(name, (text) => text.includes("ended with 0"));
    // The progress line has gone.
    expect(text).toMatch(/^loggregator: 120 envelopes sent to 127\.0\.0\.1:\d+ in [\d.]+ s\nended/);
  });
});

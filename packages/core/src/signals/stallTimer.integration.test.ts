import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("../../testing/stalledReader.mjs", import.meta.url));
const timeoutMs = 300;

/** Returns the output of a reader with a `StallTimer` whose data arrives while it cannot run. */
async function outcome(how: string, data: string): Promise<string | undefined> {
  const child = spawn(process.execPath, [program, String(timeoutMs), how], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line !== "waiting") {
      break;
    }
    if (data !== "") {
      child.stdin.write(data);
    }
    if (how === "stop") {
      setTimeout(continueUntilExit, timeoutMs * 3);
    }
  }
  await exit;
  return lines.at(-1);

  // Repeated, because the child may stop only after the first SIGCONT.
  function continueUntilExit(): void {
    if (child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    child.kill("SIGCONT");
    setTimeout(continueUntilExit, 100);
  }
}

test.skipIf(process.platform === "win32")(
  "data that arrived while the process was stopped is read before the timeout expires",
  async () => {
    for (let round = 0; round < 3; round++) {
      expect(await outcome("stop", "data")).toBe("received");
    }
  },
);

test("data that arrived while the event loop was blocked is read before the timeout expires", async () => {
  expect(await outcome("block", "data")).toBe("received");
});

test.each(["run", "block"])("without data, the timeout is reported: %s", async (how) => {
  expect(await outcome(how, "")).toBe("stalled");
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { bin, Loggregator, loggregator } from "../../testing/loggregator.js";

test("prints every type, and that all envelopes arrived", async () => {
  const { code, stdout, stderr } = await loggregator(["demo"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const type of ["LOG", "LOG ERR", "COUNTER", "GAUGE", "TIMER", "EVENT"]) {
    expect(stdout).toMatch(new RegExp(`demo-app/0 +${type} `));
  }
  expect(stdout.match(/ ok$/gm)).toHaveLength(5);
  expect(stdout).toMatch(/round trip by gateway: min \d+ ms/);
});

test("prints the same as JSON", async () => {
  const { code, stdout } = await loggregator(["demo", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    egress: { complete: true, arrived: { log: 5, counter: 2, gauge: 1, timer: 2, event: 1 } },
    gateway: { complete: true },
  });
});

test("a reader that closes the output is not an error", async () => {
  await using command = new Loggregator(["demo"]);
  command.output.destroy();
  expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
});

test.skipIf(!existsSync("/dev/full"))("a full disk is reported as an error", async () => {
  const child = spawn("sh", ["-c", 'exec "$0" "$1" demo > /dev/full', process.execPath, bin]);
  const closed = once(child, "close");
  expect(await text(child.stderr)).toMatch(
    /^loggregator: cannot write to standard output: [^\n]+\n$/,
  );
  expect((await closed)[0]).toBe(1);
});

import { expect, test } from "vitest";
import { Emulate, Loggregator, loggregator } from "../../testing/loggregator.js";

test("prints lines if the output is not a terminal", async () => {
  await using emulate = await Emulate.start();
  const { env } = emulate;
  await using command = new Loggregator(["top", "--interval", "0.5"], { env });
  await emulate.untilReaders(1);
  await loggregator(["emit", "log", "-s", "my-app"], { env, input: "x\n".repeat(20) });
  await loggregator(["emit", "gauge", "-s", "my-app", "cpu=12.5:percentage"], { env });
  await command.until(({ stdout }) => stdout.includes("gauge"));
  expect(command.stdout).toMatch(/all {2}[\d.]+\/s {2}21 in total/);
  expect(command.stdout).toMatch(/source {2}my-app {2}[\d.]+\/s/);
  expect(command.stdout).toMatch(/gauge {2}my-app {2}cpu {2}[\d.]+\/s {2}12\.5 %/);
  command.interrupt();
  expect(await command.ended()).toMatchObject({
    code: 0,
    stderr: `loggregator: reading from the RLP ${env["LOGGREGATOR_EGRESS_ADDRESS"]}\n`,
  });
});

test("prints as many JSON objects as --count", async () => {
  await using emulate = await Emulate.start();
  const { env } = emulate;
  const args = ["top", "--json", "--interval", "0.1", "--count", "2"];
  const { code, stdout } = await loggregator(args, { env });
  expect(code).toBe(0);
  const updates = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(updates).toHaveLength(2);
  expect(updates[0]).toMatchObject({ perSecond: 0, total: 0, sources: [], metrics: [] });
});

test("no server: one line, and exit code 1", async () => {
  const args = ["top", "--gateway", "http://127.0.0.1:9", "--token", "x"];
  const { code, stderr } = await loggregator(args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^loggregator: [^\n]+check the address[^\n]+\n$/);
});

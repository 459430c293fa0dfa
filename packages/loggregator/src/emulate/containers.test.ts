import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createProgram } from "../createProgram.js";

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

const emulate = createProgram().commands.find((command) => command.name() === "emulate");
const flags = emulate?.options.map(({ long }) => long);

test("the Dockerfile starts emulate with options that exist", () => {
  const [, entry = ""] = /^ENTRYPOINT (.+)$/m.exec(read("Dockerfile")) ?? [];
  const [command, subcommand, ...args] = JSON.parse(entry) as string[];
  expect([command, subcommand]).toEqual(["loggregator", "emulate"]);
  for (const flag of args.filter((arg) => arg.startsWith("-"))) {
    expect(flags).toContain(flag);
  }
});

test("the Compose file and the workflow use options that exist", () => {
  const [, compose = "[]"] = /command: (\["--.+\])$/m.exec(read("compose.yaml")) ?? [];
  const workflow = /loggregator emulate ([^>]+)>/.exec(read("github-actions.yml"))?.[1] ?? "";
  const used = [...JSON.parse(compose), ...workflow.split(/\s+/)];
  const given = used.filter((word: string) => word.startsWith("--"));
  expect(given).toEqual(["--advertise", "--json", "--env"]);
  for (const flag of given) {
    expect(flags).toContain(flag);
  }
});

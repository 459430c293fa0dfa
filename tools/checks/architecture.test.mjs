import { expect, test } from "vitest";
import { tableFaults } from "./architecture.mjs";

const table = `| package | depends on | purpose |
| --- | --- | --- |
| [core](../packages/core) | | Shared parts. |
| [api](../packages/api) | core | Messages. |
| [v1](../packages/v1) | core, api | UDP. |
| [cli](../packages/cli) | all clients, emulator | The command. |
`;

test("accepts a row for each package with its dependencies, in any order", () => {
  expect(tableFaults(table, { core: [], api: ["core"], v1: ["api", "core"], cli: ["v1"] })).toEqual(
    [],
  );
});

test("finds missing and foreign rows, and dependencies that differ", () => {
  expect(tableFaults(table, { core: [], api: [], auth: ["core"], cli: ["v1"] })).toEqual([
    "the row of api must name its dependencies: none",
    "the table has no row for the package auth",
    "the table has a row for v1, but there is no such package",
  ]);
});

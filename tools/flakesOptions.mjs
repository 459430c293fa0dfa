// The command line of tools/flakes.mjs.
import { parseArgs } from "node:util";

export const usage = `usage: npm run test:flakes -- [--runs <n>] [--busy <n>] [file filter ...]

  --runs <n>   number of runs of the unit and integration tests (default: 10)
  --busy <n>   number of busy processes beside them (default: 2)
  filter       as for vitest: only test files whose path contains it`;

/** Returns the options. Throws an Error that describes invalid arguments. */
export function parseFlakesOptions(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "10" },
      busy: { type: "string", default: "2" },
      help: { type: "boolean", default: false },
    },
  });
  return {
    runs: integer("--runs", values.runs, 1),
    busy: integer("--busy", values.busy, 0),
    help: values.help,
    filters: positionals,
  };
}

function integer(name, text, least) {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least) {
    return number;
  }
  throw new Error(`${name} must be an integer from ${least} to 9999, got ${JSON.stringify(text)}`);
}

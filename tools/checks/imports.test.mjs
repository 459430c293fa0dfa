import { expect, test } from "vitest";
import { foreignReferences } from "./imports.mjs";

const forms = {
  import: (name) => `import { x } from "${name}";`,
  "import for effects": (name) => `import "${name}";`,
  "dynamic import": (name) => `await import("${name}");`,
  export: (name) => `export * from "${name}";`,
  require: (name) => `require("${name}")`,
  URL: (name) => `new URL("${name}", import.meta.url)`,
};

test.each(Object.keys(forms))("finds files of other packages: %s", (form) => {
  const inFile = (file, name) => foreignReferences(file, forms[form](name));
  const faults = [
    ["packages/a/src/x.ts", "../../b/src/y.js"],
    ["test/interop/x.ts", "../../packages/b/testing/y.js"],
    ["tools/x.mjs", "../packages/b/dist/y.js"],
    ["bench/x.ts", "@loggregator/b/dist/y.js"],
  ];
  for (const [file, name] of faults) {
    expect(inFile(file, name)).toEqual([name]);
  }
});

test.each([
  ["packages/a/src/x.ts", "../testing/y.js"],
  ["packages/a/src/x.ts", "@loggregator/b"],
  ["packages/a/src/x.ts", "@loggregator/b/certificates"],
  ["packages/a/src/x.ts", "../../../node_modules/.bin/tsc"],
  ["test/soak/main.ts", "../faults/y.js"],
])("allows in %s: %s", (file, name) => {
  expect(foreignReferences(file, forms.import(name))).toEqual([]);
});

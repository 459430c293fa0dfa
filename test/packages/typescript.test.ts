import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { publicPackages } from "./publicPackages.js";
import { newProject, npm } from "./publishedPackages.js";
import { run } from "./run.js";

/** The compilers that docs/modules.md speaks of, by the name they are installed under. */
const compilers = {
  "ts5.7": "5.7",
  "ts5.8": "5.8",
  "ts5.9": "5.9",
  "ts6.0": "6.0",
  "ts7.0": "7.0",
};
type Compiler = keyof typeof compilers;
const names = Object.keys(compilers) as Compiler[];
const from = (first: Compiler): Compiler[] => names.slice(names.indexOf(first));

/** What a project sets, and the compilers that build it into a program that runs. */
interface Setting {
  readonly type: "module" | "commonjs";
  readonly module: string;
  readonly moduleResolution?: string;
  readonly works: readonly Compiler[];
}
const settings: readonly Setting[] = [
  { type: "module", module: "node16", works: names },
  { type: "module", module: "nodenext", works: names },
  { type: "module", module: "node20", works: from("ts5.9") },
  { type: "module", module: "esnext", moduleResolution: "bundler", works: names },
  { type: "module", module: "preserve", moduleResolution: "bundler", works: names },
  { type: "commonjs", module: "node16", works: [] },
  { type: "commonjs", module: "nodenext", works: from("ts5.8") },
  { type: "commonjs", module: "node20", works: from("ts5.9") },
  { type: "commonjs", module: "commonjs", moduleResolution: "bundler", works: from("ts6.0") },
];

/** Packages that claim to need no types of Node.js. */
const browserPackages = ["api", "core", "conversion", "diodes", "rfc5424", "rlp-gateway"].map(
  (name) => `@loggregator/${name}`,
);

let project: string;
let projects = 0;

beforeAll(async () => {
  project = await newProject({});
  const compilerPackages = Object.entries(compilers).map(
    ([name, version]) => `${name}@npm:typescript@~${version}.0`,
  );
  const packages = publicPackages.map(({ name }) => name);
  await npm(["install", "@types/node@20", ...compilerPackages, ...packages], project);
});

/** Compiles a program with one file, and returns the path of its output. */
async function compile(
  compiler: Compiler,
  type: string,
  compilerOptions: object,
  source: string,
): Promise<string> {
  const folder = join(project, `program-${projects++}`);
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), JSON.stringify({ type }));
  await writeFile(join(folder, "program.ts"), source);
  const options = { target: "es2022", strict: true, rootDir: ".", outDir: "out" };
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { ...options, ...compilerOptions },
      files: ["program.ts"],
    }),
  );
  const tsc = join(project, "node_modules", compiler, "bin/tsc");
  await run(process.execPath, [tsc, "-p", folder], { cwd: project });
  return join(folder, "out/program.js");
}

const everySpecifier = publicPackages.flatMap(({ specifiers }) => specifiers);
const importAll = (specifiers: readonly string[]) =>
  [
    ...specifiers.map((path, index) => `import * as m${index} from "${path}";`),
    `export const all: object[] = [${specifiers.map((_, index) => `m${index}`).join(", ")}];`,
  ].join("\n");

describe.each(names)("%s", (compiler) => {
  test.each(settings.filter(({ works }) => works.includes(compiler)))(
    "builds a $type project with $module $moduleResolution that runs",
    async ({ type, module, moduleResolution }) => {
      const program = await compile(
        compiler,
        type,
        {
          module,
          ...(moduleResolution !== undefined && { moduleResolution }),
          lib: ["es2022", "dom"],
          types: ["node"],
        },
        importAll(everySpecifier),
      );
      await run(process.execPath, [program], { cwd: project });
    },
  );

  test.each(settings.filter(({ works }) => !works.includes(compiler)))(
    "cannot build a $type project with $module $moduleResolution",
    async ({ type, module, moduleResolution }) => {
      const options = { module, ...(moduleResolution !== undefined && { moduleResolution }) };
      await expect(
        compile(compiler, type, { ...options, types: ["node"] }, importAll(everySpecifier)),
      ).rejects.toThrow(/error TS(1479|2792|5095|6046)/);
    },
  );

  test("builds a CommonJS project that uses import() with node16", async () => {
    const program = await compile(
      compiler,
      "commonjs",
      { module: "node16", types: ["node"] },
      'import("@loggregator/ingress").then(({ IngressClient }) => console.log(IngressClient.name));',
    );
    expect(await run(process.execPath, [program], { cwd: project })).toBe("IngressClient\n");
  });

  test("checks the declarations of a browser's project without types of Node.js", async () => {
    const specifiers = publicPackages
      .filter(({ name }) => browserPackages.includes(name))
      .flatMap((each) => each.specifiers);
    await compile(
      compiler,
      "module",
      {
        module: "esnext",
        moduleResolution: "bundler",
        lib: ["es2022", "dom"],
        types: [],
        skipLibCheck: false,
      },
      importAll(specifiers),
    );
  });

  test("checks the declarations of all packages with types of Node.js", async () => {
    await compile(
      compiler,
      "module",
      { module: "nodenext", lib: ["es2022", "dom"], types: ["node"], skipLibCheck: false },
      importAll(everySpecifier),
    );
  });
});

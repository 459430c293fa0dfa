import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { publicPackages } from "./publicPackages.js";
import { newProject, npm } from "./publishedPackages.js";
import { run } from "./run.js";

/** The compilers that docs/modules.md mentions, by the names under which they are installed. */
const compilers = {
  "ts5.7": "5.7",
  "ts5.8": "5.8",
  "ts5.9": "5.9",
  "ts6.0": "6.0",
  "ts7.0": "7.0",
};
type Compiler = keyof typeof compilers;
const names = Object.keys(compilers) as Compiler[];
const oldestAndNewest = ["ts5.7", "ts7.0"] as const;

/** The settings of a project, and the oldest compiler that builds it into a working program, if any. */
interface Setting {
  readonly type: "module" | "commonjs";
  readonly module: string;
  readonly moduleResolution?: string;
  readonly since: Compiler | undefined;
}
const settings: readonly Setting[] = [
  { type: "module", module: "node16", since: "ts5.7" },
  { type: "module", module: "nodenext", since: "ts5.7" },
  { type: "module", module: "node20", since: "ts5.9" },
  { type: "module", module: "esnext", moduleResolution: "bundler", since: "ts5.7" },
  { type: "module", module: "preserve", moduleResolution: "bundler", since: "ts5.7" },
  { type: "commonjs", module: "node16", since: undefined },
  { type: "commonjs", module: "nodenext", since: "ts5.8" },
  { type: "commonjs", module: "node20", since: "ts5.9" },
  { type: "commonjs", module: "commonjs", moduleResolution: "bundler", since: "ts6.0" },
];
/** The first compiler that works and the newest. */
const working = settings.flatMap(({ since, ...setting }) =>
  since === undefined
    ? []
    : [...new Set([since, "ts7.0" as const])].map((compiler) => titled(compiler, setting)),
);
/** The last compiler that does not work. */
const failing = settings.flatMap(({ since, ...setting }) => {
  const compiler = since === undefined ? "ts7.0" : names[names.indexOf(since) - 1];
  return compiler === undefined ? [] : [titled(compiler, setting)];
});

function titled(compiler: Compiler, setting: Omit<Setting, "since">) {
  const { type, module, moduleResolution } = setting;
  const title = `a ${type} project with ${[module, moduleResolution].filter(Boolean).join(" and ")}`;
  return { compiler, title, setting };
}

/** Packages that are documented to need no types of Node.js, except in entry points for Node.js. */
const browserPackages = [
  "api",
  "core",
  "auth",
  "conversion",
  "diodes",
  "log-cache",
  "otel",
  "rfc5424",
  "rlp-gateway",
].map((name) => `@loggregator/${name}`);
const nodeEntryPoint = /\/(node|grpc)$/;

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

test.each(working)("$compiler builds $title that runs", async ({ compiler, setting }) => {
  const { type, ...options } = setting;
  const settings = { ...options, lib: ["es2022", "dom"], types: ["node"] };
  const program = await compile(compiler, type, settings, importAll(everySpecifier));
  await run(process.execPath, [program], { cwd: project });
});

test.each(failing)("$compiler cannot build $title", async ({ compiler, setting }) => {
  const { type, ...options } = setting;
  await expect(
    compile(compiler, type, { ...options, types: ["node"] }, importAll(everySpecifier)),
  ).rejects.toThrow(/error TS(1479|2792|5095|6046)/);
});

test.each(oldestAndNewest)(
  "%s builds a CommonJS project that uses import() with node16",
  async (compiler) => {
    const program = await compile(
      compiler,
      "commonjs",
      { module: "node16", types: ["node"] },
      'import("@loggregator/ingress").then(({ IngressClient }) => console.log(IngressClient.name));',
    );
    expect(await run(process.execPath, [program], { cwd: project })).toBe("IngressClient\n");
  },
);

test.each(oldestAndNewest)(
  "%s checks a browser's project without types of Node.js",
  async (compiler) => {
    const specifiers = publicPackages
      .filter(({ name }) => browserPackages.includes(name))
      .flatMap((each) => each.specifiers)
      .filter((specifier) => !nodeEntryPoint.test(specifier));
    const settings = {
      module: "esnext",
      moduleResolution: "bundler",
      lib: ["es2022", "dom"],
      types: [],
      skipLibCheck: false,
    };
    await compile(compiler, "module", settings, importAll(specifiers));
  },
);

test.each(oldestAndNewest)("%s checks the declarations of all packages", async (compiler) => {
  const settings = {
    module: "nodenext",
    lib: ["es2022", "dom"],
    types: ["node"],
    skipLibCheck: false,
  };
  await compile(compiler, "module", settings, importAll(everySpecifier));
});

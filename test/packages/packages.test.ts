import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, test } from "vitest";
import { needs } from "./neededPackages.js";
import { type Manifest, publicPackages, root, rootManifest } from "./publicPackages.js";
import { newProject, npm, packOf } from "./publishedPackages.js";
import { run } from "./run.js";

const repository = "https://github.com/loggregator-ts/loggregator-ts";

const installs = new Map<string, Promise<string>>();

describe.concurrent.each(publicPackages)("$name", ({ name, directory, specifiers, commands }) => {
  test("packs its build, README, LICENSE and NOTICE, and nothing else", async ({ expect }) => {
    const { files } = packOf(name);
    const others = files.filter((file) => !file.startsWith("dist/"));
    expect([...others].sort()).toEqual(["LICENSE", "NOTICE", "README.md", "package.json"]);
    const sources = await readdir(join(root, directory, "src"), { recursive: true });
    const builds = sources
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .flatMap((file) => [".d.ts", ".js"].map((end) => file.replace(/\.ts$/, end)));
    // The page of `loggregator ui` is bundled, and the man page generated.
    const page = ["icon.svg", "index.html", "page.css", "page.js"].map((file) => `ui/${file}`);
    const generated = name === "loggregator" ? [...page, "man/loggregator.1"] : [];
    const wanted = [...builds, ...generated];
    const packed = files.filter((file) => file.startsWith("dist/"));
    expect([...packed].sort()).toEqual(wanted.map((file) => `dist/${file}`).sort());
  });

  test("declares its purpose, platform and dependencies in its manifest", async ({ expect }) => {
    const folder = join(await installed(name), "node_modules", name);
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
    expect(manifest).toMatchObject({
      description: expect.any(String),
      license: "Apache-2.0",
      type: "module",
      engines: rootManifest.engines,
      sideEffects: false,
      repository: { type: "git", url: `git+${repository}.git`, directory },
      homepage: `${repository}/tree/main/${directory}#readme`,
      bugs: `${repository}/issues`,
      publishConfig: { access: "public", provenance: true },
    });
    // `workspace:` and `catalog:` are replaced by versions in the pack.
    for (const range of Object.values(manifest.dependencies ?? {})) {
      expect(range).toMatch(/^[\^~]?\d/);
    }
  });

  test("passes publint", async ({ expect }) => {
    const { buffer } = new Uint8Array(await readFile(packOf(name).tarball));
    const { messages, pkg } = await publint({ pack: { tarball: buffer } });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("passes are-the-types-wrong as an ES module", async () => {
    const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
    const { tarball } = packOf(name);
    const options = ["--profile", "esm-only", "--no-definitely-typed"];
    await run(process.execPath, [attw, tarball, ...options], { cwd: root });
  });

  test("installs alone, without any package that it does not need", async ({ expect }) => {
    const folder = await installed(name);
    const lock = JSON.parse(
      await readFile(join(folder, "node_modules/.package-lock.json"), "utf8"),
    ) as { packages: Record<string, { hasInstallScript?: boolean }> };
    const tree = Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, ""));
    expect(tree.filter((other) => !needs(name, other))).toEqual([]);
    // Only a dependency of grpc-js has an install script, see docs/security.md.
    const withScripts = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.replace(/^.*node_modules\//, ""));
    expect(withScripts).toEqual(tree.includes("protobufjs") ? ["protobufjs"] : []);
  });

  test("imports by each of its paths, and ends", async () => {
    const folder = await installed(name);
    for (const specifier of specifiers) {
      const program = `if (Object.keys(await import("${specifier}")).length === 0) process.exit(3)`;
      await run(process.execPath, ["--input-type=module", "-e", program], { cwd: folder });
    }
  });

  test("can be required by each of its paths", async () => {
    const folder = await installed(name);
    for (const specifier of specifiers) {
      const program = `if (Object.keys(require("${specifier}")).length === 0) process.exit(3)`;
      await run(process.execPath, ["--input-type=commonjs", "-e", program], { cwd: folder });
    }
  });

  test.each(commands)("has the command %s", async (command) => {
    const folder = await installed(name);
    await npm(["exec", "--no", "--", command, "--help"], folder);
  });

  test.each([
    { module: "nodenext", moduleResolution: "nodenext" },
    { module: "esnext", moduleResolution: "bundler" },
  ])("has types that check under $moduleResolution", async ({ module, moduleResolution }) => {
    const folder = await installed(name);
    const installedTypes = await readdir(join(folder, "node_modules/@types")).catch(
      (): string[] => [],
    );
    const imports = specifiers.map((path, index) => `import * as m${index} from "${path}";`);
    const requires = specifiers.map((path, index) => `import m${index} = require("${path}");`);
    const uses = specifiers.map((_, index) => `export const use${index}: object = m${index};`);
    const user = join(folder, moduleResolution);
    await mkdir(user);
    await writeFile(join(user, "esm.mts"), [...imports, ...uses].join("\n"));
    if (module === "nodenext") {
      await writeFile(join(user, "cjs.cts"), [...requires, ...uses].join("\n"));
    }
    await writeFile(
      join(user, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          module,
          moduleResolution,
          target: "es2022",
          lib: ["esnext", "dom", "dom.asynciterable"],
          types: installedTypes.includes("node") ? ["node"] : [],
          strict: true,
          skipLibCheck: false,
          noEmit: true,
        },
      }),
    );
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", user], {
      cwd: folder,
    });
  });
});

test("finds packages to check", () => {
  expect(publicPackages).not.toEqual([]);
});

test("runs a whole session in a shell with the loggregator command as installed", async () => {
  const commands = join(await installed("loggregator"), "node_modules/.bin");
  const folder = await newProject({});
  const env = { ...process.env, PATH: `${commands}${delimiter}${process.env["PATH"]}` };
  await run("sh", [join(root, "test/packages/session.sh")], { cwd: folder, env });
});

/** The folder in which nothing but this package was installed. */
function installed(name: string): Promise<string> {
  let install = installs.get(name);
  if (install === undefined) {
    install = installAlone(name);
    installs.set(name, install);
  }
  return install;
}

async function installAlone(name: string): Promise<string> {
  const folder = await newProject({});
  await npm(["install", name], folder);
  return folder;
}

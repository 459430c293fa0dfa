// Generates the API reference from the packages' doc comments: a Markdown page per package.
// TypeDoc uses the compiler of this folder: it does not support the one that builds the packages.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Application, Converter, Logger, LogLevel } from "typedoc";
import { defaultFaults, ThrowsFinder } from "./apiFaults.mjs";

/** Returns the public packages, with the source file of each name that users import. */
export function publicPackages(root) {
  return readdirSync(join(root, "packages"))
    .filter((folder) => existsSync(join(root, "packages", folder, "package.json")))
    .map((folder) => {
      const text = readFileSync(join(root, "packages", folder, "package.json"), "utf8");
      const { name, private: isPrivate = false, description, exports } = JSON.parse(text);
      const entries = Object.entries(exports)
        .filter(([path, target]) => path !== "./package.json" && target.types)
        .map(([path, { types }]) => ({
          name: name + path.slice(1),
          source: join(
            root,
            "packages",
            folder,
            types.replace("/dist/", "/src/").replace(".d.ts", ".ts"),
          ),
        }));
      return { folder, name, description, isPrivate, entries };
    });
}

/**
 * Returns a Markdown file for each name that users import, and the faults of the doc comments:
 * broken links, exports, methods and options without a comment, options without a default, and
 * functions that throw without a @throws.
 */
export async function generateApiReference(root) {
  const packages = publicPackages(root).filter(({ isPrivate }) => !isPrivate);
  const entries = packages.flatMap((each) => each.entries);
  const folder = mkdtempSync(join(tmpdir(), "loggregator-api-"));
  try {
    const tsconfig = join(folder, "tsconfig.json");
    writeFileSync(tsconfig, JSON.stringify(compilerConfig(root, entries)));
    const warnings = [];
    const app = await Application.bootstrapWithPlugins({
      entryPoints: entries.map(({ source }) => source),
      tsconfig,
      plugin: ["typedoc-plugin-markdown"],
      outputs: [{ name: "markdown", path: join(folder, "markdown") }],
      readme: "none",
      excludeInternal: true,
      excludePrivate: true,
      excludeProtected: true,
      excludeExternals: true,
      disableSources: true,
      outputFileStrategy: "modules",
      hidePageHeader: true,
      hideBreadcrumbs: true,
      parametersFormat: "table",
      interfacePropertiesFormat: "table",
      classPropertiesFormat: "table",
      typeAliasPropertiesFormat: "table",
      propertyMembersFormat: "table",
      enumMembersFormat: "table",
      tableColumnSettings: {
        hideInherited: true,
        hideModifiers: true,
        hideOverrides: true,
        hideSources: true,
      },
      useCodeBlocks: true,
      useHTMLAnchors: true,
      expandObjects: true,
      packagesRequiringDocumentation: packages.map(({ name }) => name),
      validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
      logLevel: "Warn",
    });
    app.logger = Object.assign(new CollectingLogger(), { warnings });
    // TypeDoc names a module after its file.
    const names = new Map(
      entries.map(({ name, source }) => [
        relative(join(root, "packages"), source).replace(/(\/index)?\.ts$/, ""),
        name,
      ]),
    );
    app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
      for (const module of project.children ?? []) {
        module.name = names.get(module.name) ?? module.name;
      }
    });
    const throwing = new ThrowsFinder();
    app.converter.on(Converter.EVENT_CREATE_SIGNATURE, ({ checker }, signature, declaration) =>
      throwing.record(checker, signature, declaration),
    );
    const project = await app.convert();
    if (project === undefined) {
      return { files: new Map(), faults: warnings };
    }
    app.validate(project);
    await app.generateOutputs(project);
    const output = join(folder, "markdown");
    const files = new Map();
    for (const name of readdirSync(output, { recursive: true })) {
      if (name.endsWith(".md")) {
        files.set(name, readFileSync(join(output, name), "utf8"));
      }
    }
    const faults = [
      ...warnings.filter(isFault),
      ...defaultFaults(project),
      ...throwing.faults(project),
    ];
    return { files, faults };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether a warning of TypeDoc is a fault. */
export function isFault(warning) {
  if (warning.includes("is not a file and will not be copied")) {
    return false; // A link to a folder of the repository.
  }
  const [, name, kind, file] =
    /^(.*) \((\w+)\), defined in (.*), does not have any documentation/s.exec(warning) ?? [];
  if (name === undefined) {
    return true;
  }
  // The messages have comments; their codecs, of the same names, are generated.
  const isGenerated = file.includes("/gen/") || /\/(messages|services)\.ts$/.test(file);
  const isStandard = /\.\[(asyncDispose|asyncIterator)\]$/.test(name) || name.includes("__type");
  // Properties with self-explanatory names need no comment, but each option does.
  const isPlain = kind === "Property" && !/[a-z]Options\.[^.]+$/.test(name);
  const isErrorOption = /ErrorOptions\./.test(name);
  return !(isGenerated || isStandard || isPlain || isErrorOption);
}

class CollectingLogger extends Logger {
  warnings = [];

  log(message, level) {
    if (level >= LogLevel.Warn) {
      this.warnings.push(message);
    }
  }
}

function compilerConfig(root, entries) {
  return {
    compilerOptions: {
      target: "es2022",
      lib: ["es2023", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"],
      module: "nodenext",
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      noEmit: true,
      paths: Object.fromEntries(entries.map(({ name, source }) => [name, [source]])),
    },
    files: entries.map(({ source }) => source),
  };
}

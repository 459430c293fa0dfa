// Generates the API reference from the packages' doc comments: a Markdown page per package.
// TypeDoc uses the compiler of this folder: it does not support the one that builds the packages.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Application, Converter, Logger, LogLevel } from "typedoc";

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
 * Writes a Markdown file for each name that users import.
 *
 * @returns the files by name, and TypeDoc's warnings, such as exports without a doc comment
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
      tableColumnSettings: { hideInherited: true, hideOverrides: true, hideSources: true },
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
    const project = await app.convert();
    if (project === undefined) {
      return { files: new Map(), warnings };
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
    return { files, warnings };
  } finally {
    rmSync(folder, { recursive: true });
  }
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

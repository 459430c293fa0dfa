import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createProgram } from "../createProgram.js";
import { manPage } from "./manPage.js";

// Run by the build: writes the man page that `man` of package.json names.
const root = new URL("../../", import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
mkdirSync(new URL("dist/man/", root), { recursive: true });
writeFileSync(new URL("dist/man/loggregator.1", root), manPage(createProgram(), version));

import { rolldown } from "rolldown";

/** Bundles a module, with all that it imports, into a script that sets the global `name`. */
export async function bundleForBrowsers(input: string, name: string): Promise<string> {
  const bundle = await rolldown({ input, platform: "browser" });
  const { output } = await bundle.generate({ format: "iife", name });
  await bundle.close();
  return output[0].code;
}

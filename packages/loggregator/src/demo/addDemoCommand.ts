import type { Command } from "commander";
import { inSession } from "../session.js";
import type { DemoOptions } from "./demo.js";

/** Adds `loggregator demo`. */
export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .summary("run the full pipeline once and print the result")
    .description(
      "Start a local Loggregator in this process, emit envelopes of every type, and read them back. Exits with 1 if any of them does not arrive.",
    )
    .option("--json", "print the result as JSON")
    .action((options: DemoOptions) =>
      inSession(async (session) => {
        const { demo } = await import("./demo.js");
        await demo(options, session);
      }),
    );
}

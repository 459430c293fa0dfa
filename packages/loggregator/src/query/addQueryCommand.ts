import type { Command } from "commander";
import { nonEmpty, time } from "../optionValues.js";
import { withLogCacheOptions } from "../read/logCacheOptions.js";
import { inSession } from "../session.js";
import type { QueryOptions } from "./query.js";

const examples = `
Each selector must contain its sources: cpu{source_id="…"}. With --app, "$app"
is replaced by the GUIDs of the apps, and a query can be just a metric's name.
Other matchers match tags only; in log-cache, "!=", "=~" and "!~" act as "=".
A time is in UNIX seconds, or in the form 2026-01-31T12:00:00Z.
Exit codes: 0, success; 1, no server, or refused; 2, wrong usage.

Examples:
  loggregator query cpu --app checkout
  loggregator query 'rate(requests{source_id=~"$app"}[1m])' --app checkout
  loggregator query 'avg(memory{source_id="my-app"})' \\
    --start 2026-01-31T12:00:00Z --end 2026-01-31T13:00:00Z --step 5m`;

/** Adds `loggregator query`. */
export function addQueryCommand(program: Command): void {
  withLogCacheOptions(
    program
      .command("query")
      .summary("evaluate PromQL on the metrics in log-cache")
      .description("Evaluate a PromQL expression on the metrics in log-cache.")
      .argument("<promql>", "the expression", nonEmpty("the query", "a PromQL expression")),
  )
    .optionsGroup("Options:")
    .option("--time <time>", "evaluate at this time; default: now", time("--time"))
    .option("--start <time>", "evaluate a range that starts at this time", time("--start"))
    .option("--end <time>", "end of the range; default: now", time("--end"))
    .option(
      "--step <duration>",
      "time between points of the range, such as 30s or 5m; default: 1m",
      nonEmpty("--step", "a duration such as 30s"),
    )
    .option("--json", "print the result as JSON, in the format of Prometheus")
    .addHelpText("after", examples)
    .action((promql: string, options: QueryOptions) =>
      inSession(async (session) => {
        const { query } = await import("./query.js");
        await query(promql, options, session);
      }),
    );
}

// Prints how many instances an app needs, by the average CPU of the last minute, as an autoscaler
// would query it from log-cache. It runs once.
//
//   LOGGREGATOR_LOG_CACHE_URL  log-cache: https://log-cache.<system domain>
//   CF_TOKEN                   a token; default: that of the user who is logged in with the cf command
//   LOGGREGATOR_SOURCE_ID      the app's GUID
//   TARGET_CPU                 the CPU that an instance should have, in percent; default: 50

import { cfCliToken } from "@loggregator/auth/node";
import { LogCacheClient } from "@loggregator/log-cache";

const {
  LOGGREGATOR_LOG_CACHE_URL: url = "",
  CF_TOKEN,
  LOGGREGATOR_SOURCE_ID: sourceId = "",
  TARGET_CPU = "50",
} = process.env;

try {
  const client = new LogCacheClient({ url, token: CF_TOKEN ?? cfCliToken() });
  // A series for each instance.
  const answer = await client.query(
    `avg_over_time(cpu{source_id=${JSON.stringify(sourceId)}}[1m])`,
  );
  const instances = answer.resultType === "vector" ? answer.result : [];
  if (instances.length === 0) {
    // No data, or the node that has this app is down: an autoscaler must not scale to zero now.
    console.log("no data: keep the number of instances");
  } else {
    const total = instances.reduce((sum, { point }) => sum + point.value, 0);
    const needed = Math.max(1, Math.ceil(total / Number(TARGET_CPU)));
    console.log(`${instances.length} instances, ${total.toFixed(1)} % in total: ${needed} needed`);
  }
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}

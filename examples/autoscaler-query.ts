// Prints how many instances an app needs, based on its average CPU usage over the last minute in
// log-cache, as an autoscaler would compute it. It runs once.
//
//   LOGGREGATOR_LOG_CACHE_URL  log-cache: https://log-cache.<system domain>
//   CF_TOKEN                   a token; default: the token of the user who is logged in with cf
//   LOGGREGATOR_SOURCE_ID      the app's GUID
//   TARGET_CPU                 the desired CPU usage of an instance, in percent; default: 50

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
    // There is no data, or the node that stores it is down: an autoscaler must not scale to zero.
    console.log("no data: keep the current number of instances");
  } else {
    const total = instances.reduce((sum, { point }) => sum + point.value, 0);
    const needed = Math.max(1, Math.ceil(total / Number(TARGET_CPU)));
    console.log(`${instances.length} instances, ${total.toFixed(1)} % in total: ${needed} needed`);
  }
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}

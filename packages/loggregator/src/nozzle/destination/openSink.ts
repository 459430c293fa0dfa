import type { Destination } from "./destination.js";
import type { DestinationOptions } from "./destinationOptions.js";
import type { Sink, SinkOptions } from "./sink.js";

/** Opens the sink of a destination. Loads only what this destination needs. */
export async function openSink(
  destination: Destination,
  options: DestinationOptions,
  sinkOptions: SinkOptions,
): Promise<Sink> {
  switch (destination.kind) {
    case "otlp":
    case "otlp-grpc": {
      const { otlpSink } = await import("./otlpSink.js");
      return await otlpSink(destination, options, sinkOptions);
    }
    case "drain": {
      const { drainSink } = await import("./drainSink.js");
      return await drainSink(destination, options, sinkOptions);
    }
    case "prometheus": {
      const { prometheusSink } = await import("./prometheusSink.js");
      return await prometheusSink(destination, options, sinkOptions);
    }
    case "stdout": {
      const { stdoutSink } = await import("./stdoutSink.js");
      return stdoutSink(sinkOptions);
    }
  }
}

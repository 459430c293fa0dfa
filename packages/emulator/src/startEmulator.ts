import type { Emulator, EmulatorOptions } from "./emulator.js";
import { EmulatorCore } from "./emulatorCore.js";
import { type Endpoints, faultsOf, listen } from "./endpoints.js";
import { FaultRegistry } from "./faults/faultRegistry.js";
import { readOptions, type Settings } from "./options.js";
import { EnvelopeRecorder } from "./recording/envelopeRecorder.js";
import type { RestApi } from "./rest/restApi.js";
import { RunningEmulator } from "./runningEmulator.js";
import { prepareTls } from "./tls/emulatorTls.js";

/**
 * Starts a local Loggregator in this process: envelopes received by ingress are sent to readers of
 * egress and the gateway.
 *
 * @throws OptionTypeError, OptionRangeError for invalid options.
 * @throws EmulatorStartError if it cannot listen at an address.
 * @throws The signal's reason if that has aborted.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = readOptions(options);
  const { signal } = options;
  signal?.throwIfAborted();
  const tls = await prepareTls(options.tls ?? {});
  const core = new EmulatorCore(settings, options, tls);
  let endpoints: Endpoints | undefined;
  let registry: FaultRegistry;
  let api: RestApi | undefined;
  const reset = () => {
    registry.clear();
    core.reset();
  };
  try {
    endpoints = await listen(core, settings, tls);
    await core.drains.set(options.drains ?? []);
    signal?.throwIfAborted();
    registry = new FaultRegistry(faultsOf(core, endpoints));
    api = await startApi(core, settings, registry, reset);
    if (settings.record !== undefined) {
      core.observation.recorder = new EnvelopeRecorder(settings.record, (error) => {
        settings.logger.error(error.message);
        core.observation.waiting.fail(error);
      });
    }
  } catch (error) {
    await api?.close();
    await endpoints?.close();
    await core.drains.close();
    core.close();
    throw error;
  }
  const emulator = new RunningEmulator(
    { core, settings, endpoints, tls, registry, api, reset },
    signal,
  );
  if (settings.scenario !== undefined) {
    const { runScenario } = await import("./scenario/runScenario.js");
    runScenario(settings.scenario, emulator.emit, emulator.closing);
  }
  return emulator;
}

/** Starts the REST API, if the option `api` is set. */
async function startApi(
  core: EmulatorCore,
  { api, logger }: Settings,
  registry: FaultRegistry,
  reset: () => void,
): Promise<RestApi | undefined> {
  if (api === undefined) {
    return undefined;
  }
  const { startRestApi } = await import("./rest/restApi.js");
  return startRestApi(api, { core, registry, reset, logger });
}

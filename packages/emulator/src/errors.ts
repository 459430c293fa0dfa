/** The emulator could not be started, for example because a port is taken; `cause` has the reason. */
export class EmulatorStartError extends Error {
  override readonly name = "EmulatorStartError";
}

/** The emulator was closed while someone waited for it. */
export class EmulatorClosedError extends Error {
  override readonly name = "EmulatorClosedError";
}

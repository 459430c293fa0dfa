const followings = new WeakMap<AbortSignal, Following>();

interface Following {
  readonly controllers: Set<AbortController>;
  readonly listener: () => void;
}

/**
 * Aborts the controller when the signal aborts, until the returned function is called. Hundreds of
 * streams may follow one signal: it gets one listener for all of them, as Node.js 20 takes more
 * than ten for a leak and warns.
 */
export function followSignal(signal: AbortSignal, controller: AbortController): () => void {
  const { controllers, listener } = followings.get(signal) ?? listen(signal);
  controllers.add(controller);
  return () => {
    if (controllers.delete(controller) && controllers.size === 0) {
      signal.removeEventListener("abort", listener);
      followings.delete(signal);
    }
  };
}

function listen(signal: AbortSignal): Following {
  const controllers = new Set<AbortController>();
  const listener = () => {
    for (const controller of controllers) controller.abort();
  };
  const following = { controllers, listener };
  signal.addEventListener("abort", listener, { once: true });
  followings.set(signal, following);
  return following;
}

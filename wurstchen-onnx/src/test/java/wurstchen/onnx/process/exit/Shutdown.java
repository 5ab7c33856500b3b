package wurstchen.onnx.process.exit;

/** How a program that uses a model on its class path ends. */
enum Shutdown {
    /** main closes everything with try-with-resources and returns. */
    TRY_WITH_RESOURCES,
    /** main returns, and closes nothing. */
    NOTHING_CLOSED,
    /** System.exit, and nothing is closed. */
    EXIT,
    /** System.exit, and a hook closes. */
    HOOK_CLOSES,
    /** System.exit, and two hooks close the same at once. */
    TWO_HOOKS_CLOSE,
    /** main returns while a daemon thread makes pictures. */
    DAEMON,
    /** A signal while a request runs and another waits, and nothing is closed. */
    SIGNAL,
    /** The same, and a hook closes. */
    SIGNAL_AND_HOOK_CLOSES,
    /** A signal, and a hook waits for the requests that run and wait before it closes. */
    SIGNAL_AND_HOOK_WAITS,
    /** The same in low-memory mode. */
    LOW_MEMORY_AND_HOOK_WAITS,
    /** The same on a device whose every run is waited for when the JVM exits, as a GPU's. */
    DEVICE_THREAD_AND_HOOK_WAITS,
    /** A signal in low-memory mode, and a hook closes. */
    LOW_MEMORY_AND_HOOK_CLOSES
}

/**
 * Examines whether a device can be used: artifacts, native libraries, the driver, GPUs, and every CUDA library that the provider links to.
 *
 * <p>Caller: the public package. Uses {@code library}, {@code cuda}, {@code binding} and {@code common}. Opens no model.
 */
@NullMarked
package wurstchen.onnx.internal.doctor;

import org.jspecify.annotations.NullMarked;

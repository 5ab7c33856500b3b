/**
 * ONNX Runtime's C API: its function table through JNA, its status codes, and the native handles that the Java API keeps private.
 *
 * <p>Callers: {@code binding} and {@code operators.callback}. Uses {@code common}. Everything that depends on the layout of the C API belongs here.
 */
@NullMarked
package wurstchen.onnx.internal.capi;

import org.jspecify.annotations.NullMarked;

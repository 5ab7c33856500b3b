/**
 * Operators written in Java. ONNX Runtime asks for their names and types, and has them computed, through functions that C code calls.
 *
 * <p>Callers: {@code operators}. Uses {@code capi} and {@code common}. Knows nothing of GPUs.
 */
@NullMarked
package wurstchen.onnx.internal.operators.callback;

import org.jspecify.annotations.NullMarked;

/**
 * The families of models: one class each, which says what a bundle of it has and checks that the graphs take what this library passes. Found
 * as services, so no other package names them.
 *
 * <p>Uses {@code cascade}, {@code graph}, {@code bundle} and {@code common}.
 */
@NullMarked
package wurstchen.onnx.internal.family;

import org.jspecify.annotations.NullMarked;

/**
 * Classes that every other internal package may use: properties of the host system, closing and reference counting, native work at JVM
 * exit, one-line messages, required jars, whether JNA can be loaded.
 *
 * <p>Uses no other package of this module.
 */
@NullMarked
package wurstchen.onnx.internal.common;

import org.jspecify.annotations.NullMarked;

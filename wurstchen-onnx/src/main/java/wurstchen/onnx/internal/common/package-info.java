/**
 * What every other internal package uses: properties of the host system, closing and reference counting, native work at JVM exit, texts of
 * one line, whether JNA can be loaded. Calls no other package of this module.
 */
package wurstchen.onnx.internal.common;

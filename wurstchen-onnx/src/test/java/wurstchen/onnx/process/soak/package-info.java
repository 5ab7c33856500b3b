/** A service under load for a long time, in a JVM of its own. */
package wurstchen.onnx.process.soak;

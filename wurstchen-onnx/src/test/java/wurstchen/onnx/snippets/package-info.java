/** The examples of the Javadoc, compiled and run. */
package wurstchen.onnx.snippets;

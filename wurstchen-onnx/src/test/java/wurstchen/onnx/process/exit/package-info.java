/** How a JVM ends: what happens to native work, to folders, and to what is printed. */
package wurstchen.onnx.process.exit;

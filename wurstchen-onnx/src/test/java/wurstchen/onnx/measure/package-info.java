/** Programs that measure, and the tests that they do. */
package wurstchen.onnx.measure;

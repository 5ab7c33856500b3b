/** Bundles that are fetched from a server of the test. */
package wurstchen.onnx.fetch;

/** Bundles of other families than Würstchen v2. */
package wurstchen.onnx.family;

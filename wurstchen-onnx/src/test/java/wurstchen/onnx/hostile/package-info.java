/** Bundles of attackers, each with one planted defect, and what becomes of them. */
package wurstchen.onnx.hostile;

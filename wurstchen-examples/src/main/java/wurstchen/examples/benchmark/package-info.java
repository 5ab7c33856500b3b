/** Measures a model on a machine. */
package wurstchen.examples.benchmark;

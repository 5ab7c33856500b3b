/** Options that several commands share. */
package wurstchen.examples.cli.option;

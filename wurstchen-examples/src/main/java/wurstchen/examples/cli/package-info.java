/** The command line: its commands, and what each prints. */
package wurstchen.examples.cli;

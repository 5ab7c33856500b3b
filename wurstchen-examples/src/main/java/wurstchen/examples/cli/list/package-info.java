/** Lists of prompts: what a file of them asks for, and which of its pictures are there already. */
package wurstchen.examples.cli.list;

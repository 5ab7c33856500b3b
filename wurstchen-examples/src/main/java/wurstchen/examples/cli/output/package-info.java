/** What a run writes: picture files, progress, reports. */
package wurstchen.examples.cli.output;

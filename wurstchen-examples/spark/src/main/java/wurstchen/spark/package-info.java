/**
 * Pictures for the rows of a table, on Apache Spark. {@link wurstchen.spark.GeneratePictures} is the job, and
 * {@link wurstchen.spark.PictureGenerator} what a job of one's own calls.
 */
@NullMarked
package wurstchen.spark;

import org.jspecify.annotations.NullMarked;

/**
 * The pipeline: a request goes in, pictures come out. Start at {@link wurstchen.Wurstchen}.
 *
 * <p>What a service wants to know is logged to the {@link java.lang.System.Logger} named {@code wurstchen}: a prompt that was cut is a warning.
 * Nothing else is written to the standard output or the standard error.
 *
 * <p>Tests of programs that use a pipeline need no model: the artifact {@code wurstchen-core} with the classifier {@code test-fixtures} has a
 * cascade of small formulas.
 *
 * {@snippet class="wurstchen.snippets.RequestSnippetsTest" region="fixtures"}
 */
@NullMarked
package wurstchen;

import org.jspecify.annotations.NullMarked;

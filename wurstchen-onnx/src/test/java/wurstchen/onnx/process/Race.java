package wurstchen.onnx.process;

/** What happens to requests in flight. */
enum Race {
    CANCEL_BY_THREAD,
    CANCEL_BY_LISTENER,
    CANCEL_BEFORE,
    CANCEL_OF_THREE_REQUESTS,
    INTERRUPT,
    INTERRUPT_BY_LISTENER,
    INTERRUPT_OF_THREE_REQUESTS,
    CANCEL_OF_A_FUTURE,
    CANCEL_OF_THREE_FUTURES,
    DEADLINE,
    DEADLINE_OF_A_FUTURE,
    INTERRUPT_AND_CANCEL,
    CLOSE_BY_THREAD,
    CLOSE_BY_LISTENER,
    CLOSE_TWICE_AT_ONCE,
    CLOSE_UNDER_THREE_REQUESTS,
    CLOSE_UNDER_THREE_FUTURES,
    CANCEL_AND_CLOSE,
    INTERRUPT_AND_CLOSE;

    boolean closes() {
        return compareTo(CLOSE_BY_THREAD) >= 0;
    }

    boolean cancels() {
        return this == CANCEL_BY_THREAD
                || this == CANCEL_BY_LISTENER
                || this == CANCEL_BEFORE
                || this == CANCEL_OF_THREE_REQUESTS
                || this == INTERRUPT_AND_CANCEL
                || this == CANCEL_AND_CLOSE;
    }

    boolean interrupts() {
        return name().startsWith("INTERRUPT");
    }

    boolean cancelsFutures() {
        return this == CANCEL_OF_A_FUTURE || this == CANCEL_OF_THREE_FUTURES;
    }

    boolean hasDeadline() {
        return name().startsWith("DEADLINE");
    }

    boolean isAsync() {
        return name().contains("FUTURE");
    }

    int requests() {
        return name().contains("THREE") ? 3 : 1;
    }

    boolean mayEndAs(String outcome) {
        return switch (outcome) {
            case "picture" -> true;
            case "cancelled" -> cancels();
            case "interrupted" -> interrupts();
            case "future cancelled" -> cancelsFutures();
            case "deadline" -> hasDeadline();
            case "closed" -> closes();
            default -> false;
        };
    }
}

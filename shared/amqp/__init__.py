"""Events between services: outbox -> relay -> exchange -> queue -> inbox -> handler."""
